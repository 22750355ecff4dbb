/** Entry point of the dashboard. */

import { startDashboard } from "./dashboard.js";
import { startWithMessages } from "./messages/load.js";

await startWithMessages(startDashboard);
