import { describe, expect, it } from "vitest"
import { readOptions } from "./options.ts"

describe("an address on the command line of the compiler", () => {
	it.each(["http://127.0.0.1:9099", "https://[::1]:9090/prefix"])("may be %s", (url) => {
		expect(readOptions(["--console-url", url])).toMatchObject({ consoleUrl: url })
	})

	it.each(["javascript:alert(1)", "localhost:9099", "http://", 'http://h/{{ query "up" }}', "http://h/\u202egpj"])(
		"cannot be %s, which notifications would link to",
		(url) => {
			for (const option of ["--console-url", "--grafana-url", "--webhook-url"])
				expect(() => readOptions([option, url])).toThrow(expect.objectContaining({ code: "bad_request" }))
		},
	)
})
