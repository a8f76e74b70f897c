import type { IncomingMessage } from "node:http"
import { describe, expect, it } from "vitest"
import { createRequestCheck, type RequestPolicy, tokenCheck } from "./request-check.ts"

const loopback = { host: "127.0.0.1", port: 9099 }
const request = (headers: Record<string, string>, { method = "GET", url = "/x" } = {}) =>
	({ headers: { host: "127.0.0.1:9099", ...headers }, method, url }) as unknown as IncomingMessage
const codeOf = (headers: Record<string, string>, policy?: RequestPolicy, call = {}) =>
	createRequestCheck(loopback, policy)(request(headers, call))?.code

describe("a listener on loopback", () => {
	it.each(["127.0.0.1:9099", "localhost", "LOCALHOST:80", "[::1]:9099"])("answers to %s", (host) => {
		expect(codeOf({ host })).toBeUndefined()
	})

	it.each(["evil.example", "evil.example:9099", "127.0.0.1.evil.example", "localhost.evil.example:9099", ""])(
		"refuses the name %j, which a page may have had rebound",
		(host) => {
			expect(codeOf({ host })).toBe("forbidden")
		},
	)

	it("answers to its public address", () => {
		const policy = { publicUrls: ["https://observatory.example", undefined] }
		expect(codeOf({ host: "observatory.example" }, policy)).toBeUndefined()
		expect(codeOf({ host: "other.example" }, policy)).toBe("forbidden")
	})
})

it("a listener on every interface answers to any name", () => {
	expect(createRequestCheck({ host: "0.0.0.0", port: 1 })(request({ host: "alert-webhook:9099" }))).toBeUndefined()
})

describe("a browser", () => {
	const navigation = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" }

	it.each([
		["its own page", { "sec-fetch-site": "same-origin", origin: "http://127.0.0.1:9099" }],
		["an address that a person typed", { "sec-fetch-site": "none", ...navigation }],
		["a link in a message that a person follows", { "sec-fetch-site": "cross-site", ...navigation }],
		["its own page, in a browser that knows Origin only", { origin: "http://127.0.0.1:9099" }],
	])("may send for %s", (_, headers) => {
		expect(codeOf(headers)).toBeUndefined()
	})

	it.each([
		[
			"a script of another site",
			{ "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors", origin: "https://evil.example" },
		],
		["a page on another port of this machine", { "sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors" }],
		["another site, in a browser that knows Origin only", { origin: "https://evil.example" }],
		["a page on another port, in such a browser", { origin: "http://127.0.0.1:8000" }],
		["a page in a sandbox", { origin: "null" }],
		[
			"a frame of another site",
			{ "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" },
		],
	])("may not send for %s", (_, headers) => {
		expect(codeOf(headers)).toBe("forbidden")
	})

	it("may not send a form of another site", () => {
		expect(codeOf({ "sec-fetch-site": "cross-site", ...navigation }, {}, { method: "POST" })).toBe("forbidden")
	})
})

describe("a token", () => {
	const check = tokenCheck("0123456789abcdef", "METRICS_TOKEN")
	const codeWith = (authorization?: string) =>
		check(request(authorization === undefined ? {} : { authorization }))?.code

	it("is enough where it is right", () => {
		expect(codeWith("Bearer 0123456789abcdef")).toBeUndefined()
		expect(codeOf({ authorization: "Bearer 0123456789abcdef" }, { token: "0123456789abcdef" })).toBeUndefined()
	})

	it.each([undefined, "", "Bearer", "Bearer 0123456789abcdeg", "Basic 0123456789abcdef"])("is not %j", (given) => {
		expect(codeWith(given)).toBe("unauthorized")
		expect(codeOf(given === undefined ? {} : { authorization: given }, { token: "0123456789abcdef" })).toBe(
			"unauthorized",
		)
	})

	it("is not asked for where there is none", () => {
		expect(tokenCheck(undefined)(request({}))).toBeUndefined()
	})
})
