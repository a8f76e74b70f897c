import type { ChildProcessWithoutNullStreams } from "node:child_process"
import { getDefaultEnvironment } from "@modelcontextprotocol/sdk/client/stdio.js"
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js"
import { type JSONRPCMessage, JSONRPCMessageSchema } from "@modelcontextprotocol/sdk/types.js"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import type { Logger } from "../../../core/lib/log.ts"
import type { UsableMcpServer } from "../../../core/lib/mcp-config.ts"
import { Lines } from "./lines.ts"
import { endGroup, startGroup } from "./process-group.ts"

const STDERR_LINE = 500
/** The pause between two reads of standard error, which bounds what a flood there costs. */
const STDERR_PAUSE_MS = 20

/** How a program ended: its exit code or signal, and its last words. */
export interface Exit {
	readonly code: number | null
	readonly signal: NodeJS.Signals | null
	/** The last line of its standard error; empty without one. */
	readonly lastLine: string
}

/** MCP over the standard input and output of a program, which is started and ended with all that it starts. */
export class StdioTransport implements Transport {
	onclose?: () => void
	onerror?: (error: Error) => void
	onmessage?: (message: JSONRPCMessage) => void
	/** Called with the bytes of each read; false ends the reading. */
	onbytes: (bytes: number) => boolean = () => true
	readonly #config: UsableMcpServer & { transport: "stdio" }
	readonly #log: Logger
	readonly #lines = new Lines()
	#child: ChildProcessWithoutNullStreams | undefined
	#ending: Promise<void> | undefined
	#lastLine = ""

	constructor(config: UsableMcpServer & { transport: "stdio" }, log: Logger) {
		this.#config = config
		this.#log = log
	}

	/** How the program ended; undefined while it runs. */
	get exit(): Exit | undefined {
		if (this.#child?.pid === undefined) return undefined
		const { exitCode: code, signalCode: signal } = this.#child
		if (code === null && signal === null) return undefined
		return { code, signal, lastLine: this.#lastLine }
	}

	start(): Promise<void> {
		const { command, args, env, cwd } = this.#config
		const child = startGroup({ command, args, env: { ...getDefaultEnvironment(), ...env }, cwd })
		this.#child = child
		child.stdin.on("error", (error) => this.onerror?.(error))
		child.stdout.on("data", (chunk: Buffer) => this.#read(child, chunk))
		child.stderr.on("data", (chunk: Buffer) => this.#hear(child, chunk))
		child.on("close", () => this.onclose?.())
		return new Promise((resolve, reject) => {
			child.once("spawn", resolve)
			child.on("error", (error) => {
				const where = cwd === undefined ? "" : ` in ${cwd}`
				reject(
					new ObservatoryError("source_unreachable", `its program ${command}${where} cannot be started`, {
						cause: error,
					}),
				)
			})
		})
	}

	async send(message: JSONRPCMessage): Promise<void> {
		const { stdin } = this.#child ?? {}
		if (stdin === undefined || !stdin.writable) throw new Error("its standard input is closed")
		stdin.write(`${JSON.stringify(message)}\n`)
	}

	/** Ends the program and all that it started. Never rejects, and takes a bounded time. */
	async close(): Promise<void> {
		if (this.#child === undefined) return
		this.#ending ??= endGroup(this.#child)
		await this.#ending
	}

	#read(child: ChildProcessWithoutNullStreams, chunk: Buffer): void {
		const within = this.onbytes(chunk.length) && this.#lines.push(chunk, (line) => this.#line(line))
		if (!within) this.onerror?.(new ObservatoryError("source_malformed", "it writes more than was asked for"))
		if (!within || this.#ending) child.stdout.destroy()
		else {
			// Others have their turn between two reads, also beside a server that never stops to write.
			child.stdout.pause()
			setImmediate(() => child.stdout.resume())
		}
	}

	/** False when the rest is not wanted. */
	#line(line: string): boolean {
		if (line.trim() === "") return true
		try {
			if (!line.trimStart().startsWith("{")) throw new SyntaxError("not a JSON object")
			this.onmessage?.(JSONRPCMessageSchema.parse(JSON.parse(line)))
		} catch (error) {
			this.onerror?.(error as Error)
		}
		return this.#ending === undefined
	}

	#hear(child: ChildProcessWithoutNullStreams, chunk: Buffer): void {
		const text = chunk.toString("utf8").trimEnd()
		const last = text.slice(text.lastIndexOf("\n") + 1).trim()
		if (last !== "") this.#lastLine = last.slice(0, STDERR_LINE)
		this.#log.debug({ stderr: text.slice(0, STDERR_LINE) }, "MCP server wrote to its standard error")
		child.stderr.pause()
		setTimeout(() => child.stderr.resume(), STDERR_PAUSE_MS).unref()
	}
}
