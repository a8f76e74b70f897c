import { describe, expect, it } from "vitest"
import { atOwnName } from "./own-name.ts"

describe("atOwnName", () => {
	const own = "http://observatory.localhost:9099"
	const asked = (host: string, consoleUrl = own, authorization?: string) =>
		atOwnName(consoleUrl, { headers: { host, ...(authorization && { authorization }) }, url: "/incidents/1?a=b" })

	it.each(["127.0.0.1:9099", "localhost:9099", "LOCALHOST:9099", "[::1]:9099"])(
		"leads a browser from the shared name %s to the console's own",
		(host) => expect(asked(host)).toBe(`${own}/incidents/1?a=b`),
	)

	it("leaves its own name alone, a proxy's and another host's", () => {
		expect(asked("observatory.localhost:9099")).toBeUndefined()
		expect(asked("console.example")).toBeUndefined()
		expect(asked("192.0.2.7:9099")).toBeUndefined()
	})

	it("leaves programs with a token alone, and consoles without a name of their own", () => {
		expect(asked("127.0.0.1:9099", own, "Bearer x")).toBeUndefined()
		expect(asked("127.0.0.1:9099", "http://127.0.0.1:9099")).toBeUndefined()
		expect(asked("127.0.0.1:9099", "https://console.example")).toBeUndefined()
	})
})
