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
};
