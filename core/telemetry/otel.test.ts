import express from "express"
import { afterEach, describe, expect, it } from "vitest"
import { httpRequestDuration } from "../catalogue/subjects/observatory.ts"
import { sessionDuration } from "../catalogue/subjects/sessions.ts"
import { type HttpServer, listen } from "../lib/http.ts"
import { measureRequests } from "./http.ts"
import { OtelInstruments } from "./otel.ts"
import { Telemetry } from "./telemetry.ts"

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
	for (const each of open.splice(0).reverse()) await each.close()
})

function instruments() {
	const telemetry = new Telemetry({ ownGroup: "health" })
	const otel = new OtelInstruments(telemetry, "health", [httpRequestDuration])
	open.push(otel)
	return { telemetry, otel }
}

const samples = (text: string) => text.split("\n").filter((line) => line !== "" && !line.startsWith("#"))

describe("instruments of OpenTelemetry's SDK", () => {
	it("join the exposition with the catalogue's help, buckets and labels, and nothing else", async () => {
		const { telemetry, otel } = instruments()
		otel.histogram(httpRequestDuration).observe({ method: "GET", route: "/healthz", status: "2xx" }, 0.03)
		const text = await telemetry.expose("health")
		const labels = 'method="GET",route="/healthz",status="2xx"'
		const bucket = (le: string, value: number) =>
			`observatory_http_request_duration_seconds_bucket{${labels},le="${le}"} ${value}`
		expect(text.split("\n").filter((line) => line !== "" && !line.includes("folded"))).toEqual([
			"# HELP observatory_http_request_duration_seconds Duration of requests to our own HTTP servers, by route pattern and status class.",
			"# TYPE observatory_http_request_duration_seconds histogram",
			`observatory_http_request_duration_seconds_count{${labels}} 1`,
			`observatory_http_request_duration_seconds_sum{${labels}} 0.03`,
			...["0.001", "0.0025", "0.005", "0.01", "0.025"].map((le) => bucket(le, 0)),
			...["0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "+Inf"].map((le) => bucket(le, 1)),
		])
	})

	it("that are not in the catalogue are dropped, whoever makes them on the same provider", async () => {
		const { telemetry, otel } = instruments()
		otel.provider.getMeter("a library").createCounter("library_requests").add(1)
		expect(await telemetry.expose("health")).not.toContain("library")
		expect(() => otel.histogram(sessionDuration)).toThrow("not among this part's series")
	})

	it("cannot be a second source of a series", () => {
		const { telemetry } = instruments()
		expect(() => new OtelInstruments(telemetry, "health", [httpRequestDuration])).toThrow("emitted twice")
	})

	it("fold label values over the cap like all others", async () => {
		const { telemetry, otel } = instruments()
		const durations = otel.histogram(httpRequestDuration)
		for (let i = 0; i < 500; i++) durations.observe({ method: "GET", route: `/r${i}`, status: "2xx" }, 0)
		const counts = samples(await telemetry.expose("health")).filter((line) => line.includes("_count{"))
		expect(counts).toHaveLength(101)
		expect(counts).toContain(
			'observatory_http_request_duration_seconds_count{method="GET",route="other",status="2xx"} 400',
		)
	})
})

describe("measuring requests", () => {
	it("names the route's pattern, never the path, and the status class", async () => {
		const { telemetry, otel } = instruments()
		const app = express()
		app.use(measureRequests(otel.histogram(httpRequestDuration)))
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
