import type { TranslatedArea } from "../area.js";
import type { help as english } from "../en/help.js";

export const help: TranslatedArea<typeof english> = {
  title: "Ayuda",
  boards: "Placas",
  cards:
    "Cada tarjeta es una placa: su lámpara, la luz en su sensor de 0 (oscuro) a 1023 (claro) y un gráfico de los últimos tres minutos. La línea discontinua es el umbral; el sombreado muestra cuándo estuvo encendida la lámpara.",
  deciding:
    "Por debajo del umbral, el servidor enciende la lámpara. Con histéresis, solo la apaga a un nivel más alto, para que no parpadee. Debajo del gráfico se indica quién decidió y por qué.",
  offline:
    "Una placa sin conexión decide por sí sola a los diez segundos, con la misma regla. Guarda sus lecturas y las envía cuando vuelve.",
  override: "Control manual",
  overriding:
    "Con «Encendida» y «Apagada» controlas a mano una lámpara o una zona, hasta que elijas «Auto» o hasta la hora que indiques. «deshacer» anula el último cambio.",
  zones: "Zonas",
  zonesDecide:
    "En una zona, varios sensores deciden juntos sobre varias lámparas. Un sensor que lleva demasiado tiempo en silencio no cuenta.",
  connecting: "Las placas y otros clientes MQTT se conectan a:",
  programs: "Programas",
  api: "Los programas pueden usar la API HTTP. {link} la describe.",
};
