import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { AdminApi } from "./admin-api.ts"

const FROM = new Date("2026-03-01T00:00:00Z")
const TO = new Date("2026-03-02T00:00:00Z")
const signal = AbortSignal.timeout(30_000)

const bucket = (hour: number, output: number) => ({
	starting_at: new Date(FROM.getTime() + hour * 3_600_000).toISOString(),
	ending_at: new Date(FROM.getTime() + (hour + 1) * 3_600_000).toISOString(),
	results: [
		{
			uncached_input_tokens: 1_500,
			cache_creation: { ephemeral_1h_input_tokens: 1_000, ephemeral_5m_input_tokens: 500 },
			cache_read_input_tokens: 200,
			output_tokens: output,
			server_tool_use: { web_search_requests: 10 },
			api_key_id: null,
			workspace_id: null,
			model: null,
			service_tier: null,
			context_window: null,
		},
		{ uncached_input_tokens: 10, cache_read_input_tokens: 0, cache_creation: null, output_tokens: 0 },
	],
})

describe("the Admin API of an Anthropic organisation", () => {
	let asked: URL[] = []
	let status = 200
	let answer: (url: URL) => unknown = () => ({})
	const server = createServer((req: IncomingMessage, res) => {
		const url = new URL(req.url ?? "/", "http://api")
		asked.push(url)
		const known = req.headers["x-api-key"] === "sk-ant-admin-x" && req.headers["anthropic-version"] === "2023-06-01"
		res.writeHead(known ? status : 401, { "content-type": "application/json" }).end(JSON.stringify(answer(url)))
	})
	let apiUrl = ""
	beforeAll(async () => {
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
		apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
	})
	afterAll(() => void server.close())
	beforeEach(() => {
		asked = []
		status = 200
	})
	const api = (key = "sk-ant-admin-x") => new AdminApi({ key, apiUrl })

	it("gives tokens of all types by hour, from all pages", async () => {
		answer = ({ searchParams }) =>
			searchParams.get("page") === "page_2"
				? { data: [bucket(1, 7)], has_more: false, next_page: null }
				: { data: [bucket(0, 5)], has_more: true, next_page: "page_2" }
		const hours = await api().tokensByHour(FROM, TO, signal)
		expect([...hours]).toEqual([
			[FROM.getTime(), 3_215],
			[FROM.getTime() + 3_600_000, 3_217],
		])
		expect(asked.map(({ pathname }) => pathname)).toEqual(Array(2).fill("/v1/organizations/usage_report/messages"))
		expect(asked[0]?.searchParams.get("bucket_width")).toBe("1h")
		expect(asked[0]?.searchParams.get("starting_at")).toBe("2026-03-01T00:00:00.000Z")
	})

	it("gives the cost in dollars, of which the report has cents", async () => {
		const results = [
			{ currency: "USD", amount: "123.78912", model: "m" },
			{ currency: "USD", amount: "0.21088", model: "n" },
		]
		answer = () => ({ data: [{ starting_at: FROM, ending_at: TO, results }], has_more: false, next_page: null })
		expect(await api().cost(FROM, TO, signal)).toBeCloseTo(1.24, 6)
	})

	it.each([
		["a pause", 429, {}, "rate_limited"],
		["a failure", 500, {}, "source_unreachable"],
		["something else", 200, { data: "x" }, "source_malformed"],
		["a report without end", 200, { data: [], has_more: true, next_page: "again" }, "source_malformed"],
	])("says what it is when the answer is %s", async (_, code, body, expected) => {
		status = code
		answer = () => body
		await expect(api().tokensByHour(FROM, TO, signal)).rejects.toMatchObject({ code: expected })
	})

	it("says what the key needs when it is refused", async () => {
		await expect(api("sk-ant-api03").tokensByHour(FROM, TO, signal)).rejects.toMatchObject({
			code: "source_rejected",
			advice: expect.stringContaining("ANTHROPIC_ADMIN_KEY"),
		})
	})
})
