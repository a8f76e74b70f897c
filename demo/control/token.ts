import { randomBytes } from "node:crypto"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"

/** Where the demo keeps its token, below the folder of local state. */
export const tokenFile = (home: string) => `${home}/secrets/demo-token`

/** The token that an earlier start made, or a new one, in a file that only its owner reads. */
export function ensureToken(file: string): string {
	mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
	try {
		writeFileSync(file, `${randomBytes(24).toString("base64url")}\n`, { mode: 0o600, flag: "wx" })
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error
	}
	return readFileSync(file, "utf8").trim()
}
