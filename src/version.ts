/** The version in package.json, whence every build of the firmware takes it: change it there. */
export const VERSION = "0.1.0"
