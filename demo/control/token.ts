import { randomBytes } from "node:crypto"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"

/** The file of the demo's token, in the folder of local state. */
export const tokenFile = (home: string) => `${home}/secrets/demo-token`

/** Reads the token, or creates it in a file that only its owner can read. */
export function ensureToken(file: string): string {
	mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
	try {
		writeFileSync(file, `${randomBytes(24).toString("base64url")}\n`, { mode: 0o600, flag: "wx" })
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error
	}
	return readFileSync(file, "utf8").trim()
}
