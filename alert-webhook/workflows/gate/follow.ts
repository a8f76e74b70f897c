import { randomBytes } from "node:crypto"
import { z } from "zod"
import { requestJson } from "../../../core/clients/request.ts"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import { PeriodicTask } from "../../../core/lib/periodic.ts"
import { prove, proven } from "../../domain/challenge.ts"
import { prepareAnswers } from "./answers.ts"
import { prepareCalls, readCalls } from "./calls.ts"
import { flagFrom, writeFlag } from "./flag.ts"
import { probeHook } from "./probe.ts"
import { makeReport } from "./report.ts"

export interface Follow {
	/** Where alert-webhook is reached. */
	readonly url: string
	readonly flag: string
	/** The name under which this host reports. */
	readonly host: string
	readonly settingsFile: string
	/** The token that proves this host to alert-webhook and alert-webhook to this host; without it, no challenge. */
	readonly token: string | undefined
}

const answer = z.object({ body: z.string(), proof: z.string() })

/** A line for the person or the service that runs the command, which is no program with a log. */
const STDERR = {
	info: (fields: unknown, message?: string) => writeLine(fields, message),
	warn: (fields: unknown, message?: string) => writeLine(fields, message),
}

function writeLine(fields: unknown, message = ""): void {
	const { what, error } = fields as { readonly what: string; readonly error?: string }
	process.stderr.write(`${[what, message, error].filter(Boolean).join(": ")}\n`)
}

/**
 * Updates the flag each second until the process ends. While alert-webhook does not answer the flag grows old, and the
 * hook denies.
 */
export function follow(options: Follow): void {
	const { flag, token } = options
	const problem = token === undefined ? () => null : probing(options)
	const asked = new Set<string>()
	new PeriodicTask("update the gate's flag", 1_000, STDERR, async () => {
		const state = token === undefined ? await ask(options) : await report(options, token, problem(), asked)
		await writeFlag(flag, flagFrom(state, Date.now()))
	})
}

/** Probes this host's hook beside the updates, which must not wait for it. Returns the latest result. */
function probing({ flag, settingsFile }: Follow): () => string | null {
	let problem: string | null = null
	new PeriodicTask("probe the gate's hook", 5_000, STDERR, async () => {
		problem = (await probeHook({ flag, settingsFile, now: Date.now() })) ?? null
	})
	return () => problem
}

const ask = ({ url }: Follow) => requestJson("alert-webhook", `${url}/api/control`, {}, 2_000)

/** Sends the answers of this host's hooks, and returns the control state with the next challenge. */
async function report(options: Follow, token: string, problem: string | null, asked: Set<string>): Promise<unknown> {
	const { url, flag, host } = options
	prepareAnswers(flag)
	prepareCalls(flag)
	const calls = await readCalls(flag, asked)
	const nonce = randomBytes(16).toString("base64url")
	const said = { ...(await makeReport({ flag, host, now: Date.now() }, problem)), calls: [...calls.values()], nonce }
	const init = {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify(prove(token, "gate report", said)),
	}
	const received = answer.parse(await requestJson("alert-webhook", `${url}/api/gate/report`, init, 2_000))
	// With the nonce, so that an old answer of `run` cannot be repeated during a stop.
	const state = proven(token, `gate control ${nonce}`, received)
	if (state !== undefined) {
		for (const hash of calls.keys()) asked.add(hash)
		return state
	}
	throw new ObservatoryError("source_rejected", "The answer is not from an alert-webhook that has this host's token", {
		advice: "Compare the file of --token-file with GATE_TOKEN_FILE of alert-webhook.",
	})
}
