/** The certificate authorities that a board trusts. The list is fixed in DeviceScript's ESP32 runtime. */
import { X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";

/**
 * The first 8 bytes of the SHA-256 of each of the 121 certificates in `scripts/ca-bundle.pem` of microsoft/devicescript-esp32,
 * in its latest version of 29 August 2023. These are the authorities that Mozilla and Microsoft trusted in April 2023,
 * such as Let's Encrypt, DigiCert, Amazon, GlobalSign and the older authorities of Sectigo. The list lacks Google Trust
 * Services and all later authorities.
 */
const TRUSTED_FINGERPRINTS = new Set(
  `
  018e13f0772532cf 02ed0eb28c14da45 0376ab1d54c5f980 04048028bf1f2864 0a81ec5a929777f1 0c2cd63df7806fa3 125609aa301da0a2
  1465fa205397b876 16af57a9f676b0ab 1793927a06145497 179fbc148a3dd00f 18ce6cfe7bf14e60 18f1fc7f205df8ad 1ba5b2aa8c65401a
  22a2c1f7bded704c 242b69742fcb1e5b 24a55c2ab051442d 2530cc8e98321502 2cabeafe37d06ca2 2ce1cb0bf9d2f9e1 2e44102ab58cb854
  2e7bf16cc22485a7 30d0895a9a448a26 31ad6648f8104138 3417bb06cc6007da 358df39d764af9e1 371a00dc0533b372 3c5f81fea5fab82c
  3e9099b5015e8f48 3f99cc474acfce4d 40f6af0346a99aa1 4200f5043ac8590e 4348a0e9444c78cb 43df5774b03e7fef 44b545aa8a25e65a
  45140b3247eb9cc8 46edc3689046d53a 49e7a442acf0ea62 4fa3126d8d3a11d1 4ff460d54b9c86da 513b2cecb810d4cd 52f0e1c4e58ec629
  552f7bdcf1a7af9e 554153b13d2cf9dd 55903859c8c0c3eb 55926084ec963a64 568d6905a2c88708 57de0583efd2b26e 59769007f7685d0f
  5a2fc03f0c83b090 5c58468d55f58e49 5cc3d78e4e1d5e45 5d56499be4d2e08b 62dd0be9b9f50a16 657cfe2fa73faa38 69729b8e15a86efc
  6b328085625318aa 6b9c08e86eb0f767 6c61dac3a2def031 6dc47172e01cbcb0 70a73f7f376b6007 73c176434f1bc6d5 7431e5f4c3c1ce46
  7d05ebb682339f8c 7e37cb8b4c47090c 8560f91c3624daba 85666a562ee0be5c 85a0dd7dd720adb7 86a1ecba089c4a8d 88ef81de202eb018
  88f438dcf8ffd1fa 8a866fd1b276b57e 8ecde6884f3d87b1 8fe4fb0af93a4d0d 91e2f5788d5810eb 945bbc825ea554f4 96bcec06264976f3
  97552015f5ddfc3c 9a114025197c5bb9 9a296a5182d1d451 9a6ec012e1a7da9d 9bea11c976fe0147 a040929a02ce53b4 a1339d33281a0b56
  b676f2eddae8775c bc4d809b15189d78 bd71fdf6da97e4cf be6c4da2bbb9ba59 beb00b30839b9bc3 bfd88fe1101c41ae bfff8fd04433487d
  c0a6f4dc63a24bfd c3846bf24b9e93ca c741f70f4b2a8d88 cb3ccbb76031e5e0 cbb522d7b7f127ad cbb9c44d84b8043e cecddc905099d8da
  d43af9b35473755c d48d3d23eedb50a4 d7a7a0fb5d7e2731 d95d0e8eda79525b db3517d1f6732a2d dd6936fe21f8f077 e23d4a036d7b70e9
  e35d28419ed02025 e3b6a2db2ed7ce48 e74fbda55bd564c4 e75e72ed9f560eec e793c9b02fd8aa13 eaa962c4fa4a6baf ebc5570c29018c4d
  ebd41040e4bb3ec7 edf7ebbca27a2a38 eec5496b988ce986 f015ce3cc239bfef f1c1b50ae5a20dd8 f356bea244b7a91e f9e67d336c51002a
  fd73dad31c644ff1 fe7696573855773e
  `
    .trim()
    .split(/\s+/),
);

/** Returns Node's built-in authorities that an ESP32 trusts as well, in PEM; without those of NODE_EXTRA_CA_CERTS. */
export function listEsp32Roots(): string[] {
  return rootCertificates.filter((pem) => {
    const { fingerprint256 } = new X509Certificate(pem);
    return TRUSTED_FINGERPRINTS.has(fingerprint256.replaceAll(":", "").slice(0, 16).toLowerCase());
  });
}
