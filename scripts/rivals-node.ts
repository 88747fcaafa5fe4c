// One race in a process of its own: node scripts/rivals-node.ts PATH, started by scripts/rivals.ts, which it tells what happens.
import { raceAt } from "@tilewright/rivals";
import { likeAPage } from "@tilewright/rivals/node";
import { toText } from "@tilewright/testing";
import { suites } from "../apps/bench-viewer/src/suites.ts";

likeAPage();
process.on("disconnect", () => process.exit(1)); // nobody listens any more
const tell = (message: object) => new Promise((sent) => process.send!(toText(message), sent));
await tell({ race: await raceAt(suites, process.argv[2]!, { onProgress: (what) => void tell({ what }) }) });
process.exit(0);
