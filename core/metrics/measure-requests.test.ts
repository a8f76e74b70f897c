import express from "express"
import { afterEach, describe, expect, it } from "vitest"
import { httpRequestDuration } from "../catalogue/subjects/observatory.ts"
import { type HttpServer, listen } from "../lib/http.ts"
import { measureRequests } from "./measure-requests.ts"
import { MetricRegistry } from "./registry.ts"

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
	for (const each of open.splice(0).reverse()) await each.close()
})

const samples = (text: string) => text.split("\n").filter((line) => line !== "" && !line.startsWith("#"))

describe("measuring requests", () => {
	it("names the route's pattern, never the path, and the status class", async () => {
		const telemetry = new MetricRegistry({ ownGroup: "health" })
		const app = express()
		app.use(measureRequests(telemetry.histogram(httpRequestDuration)))
		app.get("/things/:id", (_req, res) => void res.send("ok"))
		const nested = express.Router()
		nested.post("/deep", (_req, res) => void res.status(503).end())
		app.use("/api", nested)
		const server: HttpServer = await listen(app, { host: "127.0.0.1", port: 0 }, "TEST")
		open.push(server)
		await fetch(`${server.url}/things/1?secret=x`)
		await fetch(`${server.url}/things/2`)
		await fetch(`${server.url}/api/deep`, { method: "POST" })
		await fetch(`${server.url}/%2e%2e/etc/passwd`)
		await fetch(`${server.url}/nowhere`, { method: "OPTIONS" })
		expect(samples(await telemetry.expose("health")).filter((line) => line.includes("_count{"))).toEqual([
			'observatory_http_request_duration_seconds_count{method="GET",route="/things/:id",status="2xx"} 2',
			'observatory_http_request_duration_seconds_count{method="POST",route="/api/deep",status="5xx"} 1',
			'observatory_http_request_duration_seconds_count{method="GET",route="unmatched",status="4xx"} 1',
			'observatory_http_request_duration_seconds_count{method="other",route="unmatched",status="4xx"} 1',
		])
	})
})
