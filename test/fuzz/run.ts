import { type ChildProcess, fork } from "node:child_process"
import { Agent, request } from "node:http"
import path from "node:path"
import { gzipSync } from "node:zlib"
import { fromAnswer } from "../support/otlp-answer.ts"
import { toProtobuf } from "../support/otlp-wire.ts"
import { type Body, bodies } from "./bodies.ts"
import { damage, mutate } from "./mutate.ts"
import { type Random, seeded } from "./random.ts"

export interface FuzzOptions {
	/** Requests to send. */
	readonly count: number
	readonly seed: number
	/** Called every few thousand requests. */
	readonly onProgress?: (sent: number, faults: number) => void
}

export interface FuzzResult {
	readonly sent: number
	/** Answers by status. */
	readonly statuses: ReadonlyMap<number, number>
	/** Records that were refused, as the answers say. */
	readonly rejected: number
	/** What must not happen, each with how to see it again. */
	readonly faults: readonly string[]
}

const AT_ONCE = 8
const SCRAPE_EVERY = 5_000
const MOST_FAULTS = 20
/** What a request that is wrong may be answered with; 200 reports single records. */
const FINE = new Set([200, 400, 413, 415, 429])

/** Sends mutated bodies of all signals in both encodings to a receiver in a program of its own. */
export async function fuzz({ count, seed, onProgress }: FuzzOptions): Promise<FuzzResult> {
	const target = await startTarget()
	const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })
	const statuses = new Map<number, number>()
	const faults: string[] = []
	let [sent, rejected] = [0, 0]
	const fault = (what: string) => {
		if (faults.length < MOST_FAULTS) faults.push(what)
	}
	target.child.once("exit", (code, signal) => {
		if (!target.ending) fault(`after ${sent} requests the program ended with ${code ?? signal}`)
	})

	const send = async (round: Round) => {
		const answers = []
		for (const { type, body, zipped } of round.requests) {
			const headers = { "content-type": type, ...(zipped ? { "content-encoding": "gzip" } : {}) }
			const { status, answer } = await post(agent, `${target.otlp}/v1/${round.signal}`, headers, body)
			sent++
			statuses.set(status, (statuses.get(status) ?? 0) + 1)
			if (!FINE.has(status)) fault(`${round.name}: status ${status}`)
			const read = fromAnswer(type, status, answer)
			rejected += read.rejected
			answers.push(`${status}, ${read.rejected} rejected`)
		}
		if (round.alike && new Set(answers).size > 1) fault(`${round.name}: JSON ${answers[0]}, protobuf ${answers[1]}`)
	}

	const scrape = async () => {
		for (const accept of ["text/plain", "application/openmetrics-text"]) {
			const { status, answer } = await get(agent, `${target.metrics}/metrics`, { accept })
			if (status !== 200) fault(`after ${sent} requests /metrics was answered with ${status}`)
			for (const line of oddLines(answer.toString("utf8"))) fault(`after ${sent} requests: ${line}`)
		}
	}

	try {
		const known = bodies()
		let next = 0
		const work = async () => {
			while (sent < count && target.child.exitCode === null && faults.length < MOST_FAULTS) {
				const number = next++
				await send(roundOf(known, seed, number))
				if (number % SCRAPE_EVERY === 0) {
					await scrape()
					onProgress?.(sent, faults.length)
				}
			}
		}
		await Promise.all(Array.from({ length: AT_ONCE }, work))
		if (target.child.exitCode === null) await scrape()
	} catch (error) {
		fault(`after ${sent} requests: ${error instanceof Error ? error.message : error}`)
	} finally {
		agent.destroy()
		await target.end()
	}
	return { sent, statuses, rejected, faults }
}

interface Round {
	/** Seed and number, which make it again. */
	readonly name: string
	readonly signal: Body["signal"]
	readonly requests: readonly { readonly type: string; readonly body: Buffer; readonly zipped: boolean }[]
	/** Both requests say the same and must be answered alike. */
	readonly alike: boolean
}

/** One mutated document in both encodings; sometimes the bytes are damaged as well. */
export function roundOf(known: readonly Body[], seed: number, number: number): Round {
	const random: Random = seeded(seed * 1_000_003 + number)
	const { signal, document } = random.of(known)
	const mutated = mutate(document, random)
	const isDamaged = random.percent(20)
	// Streams of their own, which no other request changes between the two encodings.
	const isAlone = random.percent(50)
	const said = (encoding: string) => (isAlone ? nameSender(mutated, `round ${number} in ${encoding}`) : mutated)
	const zipped = random.percent(10)
	const bytes = [Buffer.from(JSON.stringify(said("JSON")) ?? "null"), toProtobuf(signal, said("protobuf"))]
	const requests = ["application/json", "application/x-protobuf"].map((type, i) => {
		const plain = bytes[i] as Buffer
		const body = isDamaged ? damage(plain, random) : plain
		return { type, body: zipped ? gzipSync(body, { level: 1 }) : body, zipped }
	})
	return { name: `--seed ${seed}, round ${number}`, signal, requests, alike: isAlone && !isDamaged }
}

/** Gives the sender another name in each resource that is left, where resources belong to streams. */
function nameSender(document: unknown, name: string): unknown {
	const copy: unknown = JSON.parse(JSON.stringify(document) ?? "null")
	const { resourceMetrics } = (copy ?? {}) as { resourceMetrics?: unknown }
	for (const entry of Array.isArray(resourceMetrics) ? resourceMetrics : []) {
		if (typeof entry !== "object" || entry === null) continue
		entry.resource ??= {}
		if (typeof entry.resource !== "object") continue
		entry.resource.attributes ??= []
		const { attributes } = entry.resource
		if (Array.isArray(attributes)) attributes.push({ key: "sender", value: { stringValue: name } })
	}
	return copy
}

/** Samples that no page may have. */
export const oddLines = (page: string): string[] =>
	page.split("\n").filter((line) => {
		if (line === "" || line.startsWith("#")) return false
		return !Number.isFinite(Number(line.slice(line.lastIndexOf(" ") + 1)))
	})

interface Target {
	readonly otlp: string
	readonly metrics: string
	readonly child: ChildProcess
	ending: boolean
	end(): Promise<void>
}

async function startTarget(): Promise<Target> {
	const child = fork(path.join(import.meta.dirname, "target.ts"), { execArgv: ["--import", "tsx"] })
	const urls = await new Promise<{ otlp: string; metrics: string }>((resolve, reject) => {
		child.once("message", (message) => resolve(message as { otlp: string; metrics: string }))
		child.once("exit", (code) => reject(new Error(`the program to fuzz did not start: ${code}`)))
	})
	const target: Target = {
		...urls,
		child,
		ending: false,
		async end() {
			target.ending = true
			if (child.exitCode !== null || child.signalCode !== null) return
			const gone = new Promise((resolve) => child.once("exit", resolve))
			child.kill("SIGTERM")
			await gone
		},
	}
	return target
}

interface Reply {
	readonly status: number
	readonly answer: Buffer
}

const post = (agent: Agent, url: string, headers: Record<string, string>, body: Buffer): Promise<Reply> =>
	ask(agent, url, "POST", { ...headers, "content-length": String(body.length) }, body)
const get = (agent: Agent, url: string, headers: Record<string, string>): Promise<Reply> =>
	ask(agent, url, "GET", headers, Buffer.alloc(0))

function ask(agent: Agent, url: string, method: string, headers: Record<string, string>, body: Buffer): Promise<Reply> {
	return new Promise((resolve, reject) => {
		const req = request(url, { method, agent, headers, timeout: 30_000 }, (res) => {
			const chunks: Buffer[] = []
			res.on("data", (chunk: Buffer) => chunks.push(chunk))
			res.on("end", () => resolve({ status: res.statusCode ?? 0, answer: Buffer.concat(chunks) }))
			res.on("error", reject)
		})
		req.on("timeout", () => req.destroy(new Error("no answer within 30 s")))
		req.on("error", reject)
		req.end(body)
	})
}
