// Import rules between folders. `npm run check` fails when a file imports from a higher layer, and when imports form a
// cycle. The rules also apply to imports of types.

/** The folders and files of server/src, highest first. Each may import those that follow it, and the contract. */
const LAYERS = [
  "(main|index)\\.ts",
  "app/",
  "config/",
  "http/",
  "cluster/",
  "ingest/",
  "alerts/",
  "updates/",
  "outputs/",
  "decisions/",
  "devices/",
  "history/",
  "transport/",
  "broker/",
  "storage/",
  "mqtt/",
  "security/",
  "observability/",
  "time/",
  "common/",
];

const serverPathPattern = (layers) => `^server/src/(${layers.join("|")})`;

/** Rules that keep part of the repository independent of another part. */
const INDEPENDENT_PARTS = [
  ["contract", "^contract/", "^(?!contract/)"],
  ["flashing", "^flashing/", "^(?!flashing/)"],
  ["firmware", "^src/", "^(server|sim|flashing|scripts|test|bench)/"],
  ["mqtt-client-package", "^packages/devicescript-mqtt/", "^(?!packages/devicescript-mqtt/)"],
  ["server", "^server/src/", "^(src|sim|flashing/(loader|serial)|scripts|test|bench|server/dashboard)/"],
  ["dashboard", "^server/dashboard/", "^(src|sim|scripts|test|bench)/"],
  ["simulator", "^sim/", "^(test|bench)/"],
  ["scripts", "^scripts/", "^(test|bench)/"],
];

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    {
      name: "no-cycles",
      comment: "Files that import each other can only be understood together.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    ...LAYERS.slice(1).map((layer, below) => ({
      name: `${layer.replace("/", "")}-imports-down`,
      comment: `server/src/${layer} may only import folders that follow it in LAYERS.`,
      severity: "error",
      from: { path: serverPathPattern([layer]) },
      to: { path: serverPathPattern(LAYERS.slice(0, below + 1)) },
    })),
    {
      name: "known-folders",
      comment: "Every folder of server/src has its place in LAYERS.",
      severity: "error",
      from: {},
      to: { path: "^server/src/", pathNot: serverPathPattern(LAYERS) },
    },
    ...INDEPENDENT_PARTS.map(([name, from, to]) => ({
      name: `${name}-is-independent`,
      severity: "error",
      from: { path: from },
      to: { path: to, pathNot: "node_modules" },
    })),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)(dist|node_modules)/|\\.d\\.ts$" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { conditionNames: ["nightlight-source", "import", "types"], extensions: [".ts", ".js"] },
  },
};
