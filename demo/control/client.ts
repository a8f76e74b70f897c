import { ObservatoryError } from "../../core/lib/errors.ts"
import type { DemoCommand } from "./command.ts"

const TIMEOUT_MS = 30_000

/**
 * Sends a command to the running demo and returns its status.
 *
 * @throws ObservatoryError `unavailable` when no demo answers, `source_rejected` when the demo refuses the command
 */
export async function askDemo(base: string, readToken: () => string, command: DemoCommand): Promise<unknown> {
	const path = "part" in command ? `/${command.do}/${command.part}` : "/status"
	let response: Response
	try {
		response = await fetch(base + path, {
			method: "part" in command ? "POST" : "GET",
			headers: { authorization: `Bearer ${readToken()}` },
			signal: AbortSignal.timeout(TIMEOUT_MS),
		})
	} catch (error) {
		throw new ObservatoryError("unavailable", `No demo answers on ${base}`, {
			advice: "Start it with npm start; set DEMO_LISTEN and OBSERVATORY_HOME if its address or folder differ.",
			cause: error,
		})
	}
	const body: unknown = await response.json()
	if (response.ok) return body
	const { error } = body as { error?: { message?: string; advice?: string } }
	throw new ObservatoryError("source_rejected", error?.message ?? `The demo answered ${response.status}`, {
		...(error?.advice === undefined ? {} : { advice: error.advice }),
	})
}
