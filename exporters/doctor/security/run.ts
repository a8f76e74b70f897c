import type { Env } from "../../../core/lib/config.ts"
import { messageOf } from "../../../core/lib/errors.ts"
import { examineFiles } from "./files.ts"
import { examineGate } from "./gate.ts"
import { examineListener, listenersOf } from "./listeners.ts"
import { type Chapter, type Risk, risk } from "./risk.ts"
import { examineDatabases } from "./roles.ts"
import { readInstallation } from "./settings.ts"
import { examineServerUsers } from "./users.ts"
import { examineServerVersions } from "./versions.ts"

/**
 * Checks what is open here, to whom. Sends requests that change nothing, and reads files, roles and settings.
 *
 * @throws ObservatoryError `config_invalid`
 */
export async function examineSecurity(env: Env): Promise<Chapter[]> {
	const installation = readInstallation(env)
	const chapters: readonly (readonly [string, () => Promise<Risk[]>])[] = [
		["Listeners", async () => (await Promise.all(listenersOf(installation).map(examineListener))).flat()],
		["Databases, roles and access tokens", () => examineDatabases(installation)],
		["Users of the servers", () => examineServerUsers(installation)],
		["Versions", () => examineServerVersions(installation)],
		["Files", () => examineFiles(installation)],
		["The gate", () => examineGate(installation, env)],
	]
	return Promise.all(
		chapters.map(async ([title, examine]) => ({
			title,
			risks: withoutRepeats(await examine().catch((error) => [failed(error)])),
		})),
	)
}

/** A check that cannot be made is no proof that all is well. */
const failed = (error: unknown) =>
	risk("medium", `this could not be checked: ${messageOf(error)}`, "Run this command as the user who runs the stack.")

/** Two databases may be on servers of one version. */
const withoutRepeats = (risks: readonly Risk[]): Risk[] => [...new Map(risks.map((each) => [each.what, each])).values()]
