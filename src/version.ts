/** The firmware's version. Each build copies it from package.json: change it there. */
export const VERSION = "0.1.0"
