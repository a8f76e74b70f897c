import { randomBytes } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { z } from "zod"
import { requestJson } from "../../../core/clients/request.ts"
import { messageOf, ObservatoryError } from "../../../core/lib/errors.ts"
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

/** Updates the flag each second. While alert-webhook does not answer the flag grows old, and the hook denies. */
export async function follow(options: Follow): Promise<never> {
	const { flag, token } = options
	const probed = token === undefined ? undefined : probing(options)
	const asked = new Set<string>()
	for (let failing = false; ; ) {
		try {
			const state = token === undefined ? await ask(options) : await report(options, token, probed?.() ?? null, asked)
			await writeFlag(flag, flagFrom(state, options.url, Date.now()))
			failing = false
		} catch (error) {
			if (!failing) process.stderr.write(`${messageOf(error)}\n`)
			failing = true
		}
		await sleep(1_000)
	}
}

/** Probes this host's hook beside the updates, which must not wait for it. Returns the latest result. */
function probing({ flag, settingsFile }: Follow): () => string | null {
	let problem: string | null = null
	const probe = async () => {
		for (;;) {
			problem = (await probeHook({ flag, settingsFile, now: Date.now() })) ?? null
			await sleep(5_000)
		}
	}
	void probe()
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
