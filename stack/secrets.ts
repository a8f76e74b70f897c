import { randomBytes } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { writeAtomic } from "../core/lib/files.ts"

export interface Secret {
	readonly file: string
	readonly value: string
	/** True when this call created it. */
	readonly created: boolean
}

/** Reads a secret, or creates one: 192 random bits, in a file that only its owner can read. */
export function ensureSecret(folder: string, name: string): Secret {
	const file = join(folder, name)
	if (existsSync(file)) {
		const value = readFileSync(file, "utf8").trim()
		if (value !== "") return { file, value, created: false }
	}
	return { file, value: writeSecret(file, randomBytes(24).toString("base64url")), created: true }
}

/** Writes a secret atomically, readable by its owner only. */
export function writeSecret(file: string, value: string): string {
	writeAtomic(file, `${value}\n`, 0o600)
	return value
}
