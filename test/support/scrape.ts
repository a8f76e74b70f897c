import { execFileSync } from "node:child_process"
import { httpRequestDuration } from "../../core/catalogue/subjects/observatory.ts"
import { listen } from "../../core/lib/http.ts"
import { silentLogger } from "../../core/lib/log.ts"
import type { MetricRegistry } from "../../core/metrics/registry.ts"
import { createApp, SCRAPED } from "../../exporters/app.ts"
import { parseSamples } from "./exporter.ts"

export interface ScrapedServer {
	readonly url: string
	/** All four paths as text; each has to answer 200 inside the deadline. */
	pages(deadlineMs?: number): Promise<readonly string[]>
	/** Every sample of all four paths. */
	samples(deadlineMs?: number): Promise<ReadonlyMap<string, number>>
	close(): Promise<void>
}

/** The exporters' web server in front of what a test put into a telemetry. */
export async function serveScrapes(telemetry: MetricRegistry): Promise<ScrapedServer> {
	const app = createApp({ telemetry, requests: telemetry.histogram(httpRequestDuration), log: silentLogger })
	const server = await listen(app, { host: "127.0.0.1", port: 0 }, "TEST")
	const pages = async (deadlineMs = 1_000) => {
		const texts: string[] = []
		for (const group of SCRAPED) {
			const response = await fetch(`${server.url}/metrics/${group}`, { signal: AbortSignal.timeout(deadlineMs) })
			if (response.status !== 200) throw new Error(`/metrics/${group} answered ${response.status}`)
			texts.push(await response.text())
		}
		return texts
	}
	return {
		url: server.url,
		pages,
		samples: async (deadlineMs) => parseSamples((await pages(deadlineMs)).join("\n")),
		close: () => server.close(),
	}
}

/** What `promtool check metrics` has to say about an exposition; nothing when it finds no fault. */
export function complaints(exposition: string): string {
	try {
		return execFileSync("promtool", ["check", "metrics"], { input: exposition, encoding: "utf8", stdio: "pipe" })
	} catch (error) {
		const { stdout, stderr } = error as { stdout?: string; stderr?: string }
		return `${stdout ?? ""}${stderr ?? ""}` || String(error)
	}
}
