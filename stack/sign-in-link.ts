import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { z } from "zod"
import { requestJson } from "../core/clients/request.ts"
import { messageOf, ObservatoryError } from "../core/lib/errors.ts"
import { addressesFile } from "../core/lib/local-run.ts"
import { authority, settingsSchema } from "./settings.ts"
import type { StateDir } from "./state-dir.ts"

const answer = z.object({ url: z.string() })
const addresses = z.object({ WEBHOOK_LISTEN: settingsSchema.shape.WEBHOOK_LISTEN })

export interface LinkRequest {
	/** The webhook's address on this machine. */
	readonly webhook: string
	readonly consoleToken: string
	/** The name that the sign-in page suggests. */
	readonly name: string
}

/** Asks the webhook for a link that signs in once. @throws ObservatoryError */
export async function requestSignInLink({ webhook, consoleToken, name }: LinkRequest): Promise<string> {
	const headers = { authorization: `Bearer ${consoleToken}`, "content-type": "application/json" }
	const body = JSON.stringify({ name })
	return answer.parse(
		await requestJson("The webhook", `${webhook}/api/sign-in-links`, { method: "POST", headers, body }, 5_000),
	).url
}

/** The same, for the local run of this folder. @throws ObservatoryError `unavailable` when it does not run */
export async function linkOfRun(home: StateDir, name: string): Promise<string> {
	const [file, token] = [addressesFile(home.root), join(home.secrets, "console_token")]
	const away = (cause?: unknown) =>
		new ObservatoryError("unavailable", `The console does not answer${cause ? `: ${messageOf(cause)}` : ""}`, {
			advice: "Start it first: npm start",
			cause,
		})
	if (!existsSync(file) || !existsSync(token)) throw away()
	const { WEBHOOK_LISTEN } = addresses.parse(JSON.parse(readFileSync(file, "utf8")))
	const consoleToken = readFileSync(token, "utf8").trim()
	try {
		return await requestSignInLink({ webhook: `http://${authority(WEBHOOK_LISTEN)}`, consoleToken, name })
	} catch (error) {
		throw away(error)
	}
}

/** The name of the person at this machine, as the suggestion of the sign-in page. */
export const userName = ({ USER, LOGNAME }: NodeJS.ProcessEnv): string => USER ?? LOGNAME ?? ""
