import type { TranslatedArea } from "../area.js";
import type { flashing as english } from "../en/flashing.js";

export const flashing: TranslatedArea<typeof english> = {
  heading: "Configurar una placa desde este navegador",
  intro:
    "Conecta una placa nueva a este ordenador con un cable USB. Esta página instala todo lo que la placa necesita.",
  board: "Placa",
  pins: "Sensor de luz en {light}, lámpara en {lamp}.",
  drawing: "Conexiones de la placa {board}",
  unreachable: "Las placas aún no pueden llegar a este servidor. La sección de abajo explica cómo cambiarlo.",
  start: "Elegir el puerto y empezar",
  cancel: "Cancelar",
  tryAgain: "Intentar de nuevo",
  choosePortAgain: "Elegir el puerto de nuevo",
  missingPort:
    "La placa ha dejado el puerto USB. Si no vuelve, pulsa RESET, desconéctala y conéctala de nuevo, o elige su puerto otra vez.",
  pressReset: "El entorno está escrito. Ahora pulsa RESET en la placa, o desconéctala y conéctala de nuevo.",
  thePort: "el puerto",
  noBrowser:
    "Este navegador no puede usar puertos serie. Chrome, Edge y Opera en un ordenador sí. Los comandos de abajo hacen lo mismo.",
  insecure:
    "Los navegadores solo dan acceso a los puertos serie con https:// y en localhost. Abre así esta página, o usa los comandos de abajo.",
  framed:
    "Esta página está en el marco de otra, como Home Assistant, que no le da acceso a los puertos serie. Abre la dirección del propio servidor en una pestaña, o usa los comandos de abajo.",
  otherBroker:
    "Las placas de este servidor se conectan a otro broker, que tiene sus propias cuentas. Los comandos de abajo piden una.",
  stepChip: "Conectar con el chip",
  stepRuntime: "Obtener el entorno para el chip",
  stepWrite: "Escribir el entorno",
  stepRestart: "Reiniciar la placa",
  stepWifi: "Elegir la red Wi-Fi",
  stepAccount: "Crear la cuenta de la placa",
  stepProgram: "Enviar programa y ajustes",
  stepConnect: "Esperar a que la placa se conecte",
  running: "en curso",
  done: "listo",
  failed: "ha fallado",
  percent: "{percent} %",
  network: "Red Wi-Fi",
  networkHint:
    "Estas son las redes que ve la placa, la más fuerte primero. Las redes ocultas no aparecen: tras un corte de corriente, la placa no las encontraría de nuevo. Haz que el router muestre el nombre de la red, o usa una red de invitados.",
  noNetworks: "La placa no ve ninguna red. Las placas solo ven redes de 2,4 GHz. Acércala al router y busca de nuevo.",
  password: "Contraseña de la red; solo la placa la guarda",
  connect: "Conectar la placa",
  scanAgain: "Buscar de nuevo",
  log: "Registro de la placa",
  connected: "La placa está conectada.",
  runtimeFile: "Una copia descargada del entorno",
  noPort: "No se eligió ningún puerto.",
  noAccess: "El navegador no da acceso a los puertos serie: {reason}",
  remedyNoPort:
    "Si la lista no tiene ningún puerto: usa un cable USB con líneas de datos, o mantén pulsado el botón BOOT (o IO0, B) mientras conectas la placa. Las placas con CP210x o CH340 necesitan el controlador de ese chip en Windows y macOS.",
  wrongChip: "Esta placa tiene un {chip}, pero {board} tiene un {expected}. No se escribió nada.",
  wrongFile: "El archivo no es un entorno para el {chip}. No se escribió nada.",
  noWifi: "{board} no informa de Wi-Fi.",
  remedyAccount: "Inténtalo con otro nombre para la placa. Si el error continúa, revisa la cuenta en Personas.",
  remedyAccountExists:
    "Elige otro nombre para la placa e inténtalo de nuevo. Para configurar otra vez la misma placa, borra antes su cuenta en Personas.",
  remedyServer: "Inténtalo de nuevo. Lo que la placa ya recibió se conserva.",
  remedyBootButton:
    "Mantén pulsado el botón BOOT (o IO0, B) de la placa, pulsa y suelta RESET (o vuelve a conectar la placa), suelta BOOT e inténtalo de nuevo.",
  remedyBroker:
    "Comprueba que la dirección del servidor está en la red de la placa y que ningún cortafuegos bloquea su puerto. Después inténtalo de nuevo.",
  remedyCable:
    "Inténtalo de nuevo. Si el error continúa, usa otro cable USB de datos sin concentrador y desconecta lo que está cableado a la placa.",
  remedyCertificate:
    "Las placas solo confían en certificados de autoridades públicas para el nombre de la dirección. Usa un certificado así, o una dirección sin TLS.",
  remedyOtherBoard:
    "Elige la placa que está conectada, o conecta otra. Si el programa actual de la placa no arranca, pulsa RESET.",
  remedyPortAccess:
    "En Linux, únete al grupo propietario del puerto (sudo usermod -aG dialout $USER, o uucp), vuelve a iniciar sesión e inténtalo de nuevo.",
  remedyPortBusy:
    "Cierra otros programas y pestañas que usen el puerto, como monitores serie y VS Code, e inténtalo de nuevo. En Linux, el usuario debe estar en el grupo dialout o uucp.",
  remedyReplug:
    "Vuelve a conectar la placa, sin concentrador USB, e inténtalo de nuevo. Una interrupción no causa daños.",
  remedyReport: "Inténtalo de nuevo. Si el error continúa, comunícalo con el registro de la placa.",
  remedyReset: "Pulsa RESET en la placa, o desconéctala y conéctala de nuevo, e inténtalo otra vez.",
  remedyWifiNetwork:
    "Las placas solo ven redes de 2,4 GHz y no las ocultas. Inténtalo de nuevo y elige una red de la lista.",
  remedyWifiPassword:
    "Lo más probable es que la contraseña sea incorrecta. Inténtalo de nuevo y vuelve a escribirla. Algunos routers solo permiten WPA3, o ningún dispositivo nuevo.",
  remedyOther: "Inténtalo de nuevo. Si el error continúa, desconecta la placa y conéctala otra vez.",
};
