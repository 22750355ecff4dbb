import type { TranslatedArea } from "../area.js";
import type { login as english } from "../en/login.js";

export const login: TranslatedArea<typeof english> = {
  title: "Iniciar sesión · Nightlight",
  name: "Nombre",
  password: "Contraseña",
  submit: "Iniciar sesión",
  unencrypted:
    "Esta conexión no está cifrada. Cualquiera en la misma red puede leer la contraseña. Para usar HTTPS, inicia el servidor con un certificado y su clave: {certificate} y {key}.",
  needsScript: "Para iniciar sesión hace falta JavaScript. Actívalo en el navegador.",
  noAccount: "¿Aún no tienes cuenta?",
  createAccount: "Crea una en el ordenador donde se ejecuta el servidor:",
  readers:
    "Con {reader}, la cuenta solo tiene permiso de lectura. Para sustituir una contraseña olvidada, ejecuta {command}.",

  firstTitle: "Crear el primer administrador",
  firstExplanation:
    "Nadie tiene cuenta todavía. El registro del servidor muestra un código de un solo uso al iniciarse: en el terminal donde se ejecuta, en {journal} o en {container}.",
  code: "Código de un solo uso del registro",
  firstPassword: "Contraseña, al menos 8 caracteres",
  create: "Crear e iniciar sesión",
  everybodyMustLogIn: "A partir de entonces todos deben iniciar sesión, también las placas.",
  withoutAccount: "Continuar sin cuenta",

  endedIdle: "Se cerró tu sesión porque no usaste la página durante 12 horas.",
  endedLifetime: "Se cerró tu sesión porque la iniciaste hace 7 días.",
  endedPassword: "Se cerró tu sesión porque se cambió tu contraseña.",
  endedRole: "Se cerró tu sesión porque se cambió tu rol.",
  endedRemoved: "Se cerró tu sesión porque se eliminó tu cuenta.",
  endedAdministrator: "Un administrador cerró tu sesión.",
  endedDisplaced: "Se cerró tu sesión aquí porque la iniciaste en demasiados navegadores.",
  endedUnknown: "Se cerró tu sesión porque este servidor no la conoce. Puede que se hayan sustituido sus datos.",
  endedHere: "Has cerrado la sesión.",
  endedElsewhere: "Se cerró tu sesión en otra pestaña de este navegador.",
};
