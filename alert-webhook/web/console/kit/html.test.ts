import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { html, safeUrl } from "./html.ts"

describe("html", () => {
	it("escapes text, keeps markup, joins lists and leaves nothing of false and null", () => {
		const item = (text: string) => html`<li>${text}</li>`
		expect(html`<ul title="${'a"b'}">${[item("<b>"), item("&")]}${false}${null}${0}</ul>`.text).toBe(
			'<ul title="a&quot;b"><li>&lt;b&gt;</li><li>&amp;</li></ul>'.replace("</ul>", "0</ul>"),
		)
	})

	it("never lets text open a tag or leave an attribute", () => {
		fc.assert(
			fc.property(fc.string({ unit: "binary" }), (text) => {
				expect(html`${text}`.text).not.toMatch(/[<>"']/)
			}),
		)
	})
})

describe("text of earlier rows", () => {
	it("is shown without characters that change its direction", () => {
		expect(html`<b>${"a\u202Eb\u001b[1m"}</b>`.text).toBe("<b>ab\ufffd[1m</b>")
	})
})

describe("safeUrl", () => {
	it.each(["javascript:alert(1)", "data:text/html,x", "//host/path", "runbook", "", " java\nscript:x", undefined])(
		"makes no link of %j",
		(text) => {
			expect(safeUrl(text)).toBeUndefined()
		},
	)

	it("keeps http and https", () => {
		expect(safeUrl("https://example.org/a?b=c")).toBe("https://example.org/a?b=c")
	})
})
