import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import path from "node:path"
import protobuf from "protobufjs"
import { eventually } from "../support/process.ts"
import { program } from "../support/programs.ts"

/** The messages of opentelemetry-proto in a trace export, with the fields that the tests read. */
const { root } = protobuf.parse(`
	syntax = "proto3";
	message Export { repeated ResourceSpans resource_spans = 1; }
	message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
	message Resource { repeated KeyValue attributes = 1; }
	message ScopeSpans { repeated Span spans = 2; }
	message Span {
		string name = 5; int32 kind = 6; fixed64 start_time_unix_nano = 7;
		repeated KeyValue attributes = 9; repeated Event events = 11; Status status = 15;
	}
	message Event { string name = 2; repeated KeyValue attributes = 3; }
	message Status { string message = 2; int32 code = 3; }
	message KeyValue { string key = 1; AnyValue value = 2; }
	message AnyValue { oneof value { string s = 1; bool b = 2; int64 i = 3; double d = 4; } }
`)

type Value = string | number | boolean | undefined
type Attributes = Readonly<Record<string, Value>>
interface RawPair {
	key: string
	value?: { s?: string; b?: boolean; i?: number; d?: number }
}

export interface CapturedSpan {
	readonly name: string
	/** 1 internal, 2 server, 3 client. */
	readonly kind: number
	/** 0 unset, 1 ok, 2 error. */
	readonly status: number
	/** In milliseconds since 1970. */
	readonly startedAt: number
	readonly attributes: Attributes
	readonly events: readonly { readonly name: string; readonly attributes: Attributes }[]
	readonly resource: Attributes
}

const attributesOf = (pairs: RawPair[] = []): Attributes =>
	Object.fromEntries(pairs.map(({ key, value }) => [key, value?.s ?? value?.b ?? value?.i ?? value?.d]))

interface RawExport {
	resourceSpans?: {
		resource?: { attributes?: RawPair[] }
		scopeSpans?: {
			spans?: {
				name: string
				kind?: number
				startTimeUnixNano?: number
				attributes?: RawPair[]
				events?: { name: string; attributes?: RawPair[] }[]
				status?: { code?: number }
			}[]
		}[]
	}[]
}

function decode(body: Buffer): CapturedSpan[] {
	const type = root.lookupType("Export")
	const message = type.toObject(type.decode(body), { longs: Number }) as RawExport
	return (message.resourceSpans ?? []).flatMap(({ resource, scopeSpans }) =>
		(scopeSpans ?? []).flatMap(({ spans }) =>
			(spans ?? []).map((span) => ({
				name: span.name,
				kind: span.kind ?? 0,
				status: span.status?.code ?? 0,
				startedAt: (span.startTimeUnixNano ?? 0) / 1e6,
				attributes: attributesOf(span.attributes),
				events: (span.events ?? []).map(({ name, attributes }) => ({ name, attributes: attributesOf(attributes) })),
				resource: attributesOf(resource?.attributes),
			})),
		),
	)
}

/** An OTLP/HTTP endpoint that stores every export. */
export async function startCapture() {
	const spans: CapturedSpan[] = []
	const server = createServer((request, response) => {
		const chunks: Buffer[] = []
		request.on("data", (chunk: Buffer) => chunks.push(chunk))
		request.on("end", () => {
			if (request.url === "/v1/traces") spans.push(...decode(Buffer.concat(chunks)))
			response.writeHead(200, { "content-type": "application/x-protobuf" }).end()
		})
	})
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
	return {
		spans,
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		close: () => new Promise((resolve) => server.close(resolve).closeAllConnections()),
	}
}

export interface DemoStatus {
	readonly broken: readonly string[]
	readonly sessions: readonly string[]
	readonly database: string
	readonly mcpServer: { readonly url: string; readonly pid: number | null }
	readonly mcpConfig: string
}

export interface DemoProcess {
	readonly child: ChildProcess
	readonly home: string
	readonly control: string
	readonly token: string
	call(method: "GET" | "POST", path: string): Promise<DemoStatus>
	/** Its output so far. */
	output(): string
	exited: Promise<number | null>
	remove(): Promise<void>
}

/** Starts the demo as a process, many times faster than real time. */
export async function startDemoProcess(env: Record<string, string>): Promise<DemoProcess> {
	const home = mkdtempSync(path.join(tmpdir(), "observatory-demo-"))
	const child = spawn(process.execPath, program("demo/main.ts"), {
		stdio: ["ignore", "pipe", "pipe"],
		env: {
			...process.env,
			OBSERVATORY_HOME: home,
			DEMO_LISTEN: "127.0.0.1:0",
			DEMO_MCP_LISTEN: "127.0.0.1:0",
			DEMO_PACE: "40",
			...env,
		},
	})
	let output = ""
	child.stdout.on("data", (chunk: Buffer) => {
		output += chunk
	})
	child.stderr.on("data", (chunk: Buffer) => {
		output += chunk
	})
	const exited = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)))
	const remove = async () => {
		child.kill("SIGKILL")
		await exited
		rmSync(home, { recursive: true, force: true })
	}
	try {
		const control = await eventually(() => {
			if (child.exitCode !== null) throw new Error(`the demo ended:\n${output}`)
			return /"control":"([^"]+)"/.exec(output)?.[1]
		})
		const token = readFileSync(path.join(home, "secrets", "demo-token"), "utf8").trim()
		return {
			child,
			home,
			control,
			token,
			output: () => output,
			exited,
			remove,
			async call(method, route) {
				const response = await fetch(control + route, { method, headers: { authorization: `Bearer ${token}` } })
				if (!response.ok) throw new Error(`${method} ${route}: ${response.status} ${await response.text()}`)
				return (await response.json()) as DemoStatus
			},
		}
	} catch (error) {
		await remove()
		throw error
	}
}

/** True while the process runs. */
export function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0)
		return true
	} catch {
		return false
	}
}

/** The running children of a process. */
export function childrenOf(pid: number): number[] {
	return execFileSync("ps", ["-eo", "pid=,ppid="], { encoding: "utf8" })
		.split("\n")
		.map((line) => line.trim().split(/\s+/).map(Number))
		.flatMap(([child, parent]) => (parent === pid && child !== undefined ? [child] : []))
		.filter(isServer)
}

/** Leaves out the `ps` that was asked. */
function isServer(pid: number): boolean {
	try {
		return execFileSync("ps", ["-o", "args=", "-p", String(pid)], { encoding: "utf8" }).includes("modelcontextprotocol")
	} catch {
		return false
	}
}
