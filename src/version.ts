/** The firmware version. Generated from package.json by every build; change it there. */
export const VERSION = "0.1.0"
