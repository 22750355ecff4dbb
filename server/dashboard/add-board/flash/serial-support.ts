/** Finds out whether this page can access serial ports. */

export type SerialSupport = "available" | "no-browser" | "insecure" | "framed";

export function getSerialSupport(): SerialSupport {
  if (!window.isSecureContext) return "insecure";
  if (!("serial" in navigator)) return "no-browser";
  // a frame has access only if the page around it grants the permission
  const policy = (document as { featurePolicy?: { allowsFeature(feature: string): boolean } }).featurePolicy;
  return policy && !policy.allowsFeature("serial") ? "framed" : "available";
}

/** USB vendors of boards and of USB-to-serial chips; the browser offers only their ports. */
export const BOARD_PORTS: SerialPortFilter[] = [0x303a, 0x10c4, 0x1a86, 0x0403, 0x239a, 0x2886].map((usbVendorId) => ({
  usbVendorId,
}));
