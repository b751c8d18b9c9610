// Nothing of what was typed stays behind in this browser: not in this tab, nor in its others.

import { forgetAll, tellOfSigningOut } from "./writing/memory.js";

forgetAll();
tellOfSigningOut();
