import { connect } from "node:net"
import { expect, inject, it, onTestFinished } from "vitest"
import { httpRequestDuration } from "../../core/catalogue/subjects/observatory.ts"
import { listen } from "../../core/lib/http.ts"
import { silentLogger } from "../../core/lib/log.ts"
import { MetricRegistry } from "../../core/metrics/registry.ts"
import { createApp } from "../../exporters/app.ts"
import { migratedDatabase } from "../support/template-database.ts"
import { startTestWebhook } from "../support/webhook.ts"

const TOKEN = "a-token-for-scrapes-in-tests"

/** The status of a request whose first line is exactly this. */
function statusOf(url: string, target: string, headers: readonly string[] = []): Promise<number> {
	const { hostname, port, host } = new URL(url)
	return new Promise((resolve, reject) => {
		const socket = connect(Number(port), hostname)
		socket.once("error", reject)
		socket.once("data", (data) => {
			resolve(Number(data.toString().split(" ")[1]))
			socket.destroy()
		})
		socket.write([`GET ${target} HTTP/1.1`, `Host: ${host}`, ...headers, "Connection: close", "", ""].join("\r\n"))
	})
}

/** Ways to write the path of a route that Express, or a careless comparison, may take for it or not. */
const writings = (url: string, path: string) => [
	path,
	`${path}?a=b`,
	`${path}/`,
	path.toUpperCase(),
	`/${path}`,
	`/.${path}`,
	`/x/..${path}`,
	path.replace("m", "%6d"),
	`${url}${path}`,
	`http://localhost${path}`,
]

it.each(["exporters", "webhook"])(
	"the series of the %s need the token, however the path is written",
	async (program) => {
		const url = program === "webhook" ? await startWebhook() : await startExporters()
		const authorization = `Authorization: Bearer ${TOKEN}`
		const paths = program === "webhook" ? ["/metrics"] : ["/metrics", "/metrics/health"]
		for (const path of paths) {
			expect(await statusOf(url, path, [authorization])).toBe(200)
			for (const target of writings(url, path)) {
				expect([401, 404], target).toContain(await statusOf(url, target))
				expect([401, 404], target).toContain(await statusOf(url, target, ["Authorization: Bearer another"]))
			}
		}
		expect(await statusOf(url, "/healthz")).toBe(200)
	},
)

async function startWebhook(): Promise<string> {
	const env = { METRICS_TOKEN: TOKEN }
	const webhook = await startTestWebhook(await migratedDatabase(inject("postgresUrl")), { env })
	onTestFinished(() => webhook.stop())
	return webhook.url
}

async function startExporters(): Promise<string> {
	const telemetry = new MetricRegistry()
	const requests = telemetry.histogram(httpRequestDuration)
	const app = createApp({ telemetry, requests, log: silentLogger, token: TOKEN })
	const server = await listen(app, { host: "127.0.0.1", port: 0 }, "TEST")
	onTestFinished(() => server.close())
	return server.url
}
