import { describe, expect, it } from "vitest"
import { misspelt, pieces } from "./placeholder.ts"

const KNOWN = ["value", "server"]
const found = (text: string) => misspelt(text, KNOWN).map(({ text: part, name }) => [part, name])

describe("a notification's text", () => {
	it.each([
		["{{server}} is down", "{{server}}", "server"],
		["{{ .Labels.server }} is down", "{{ .Labels.server }}", "server"],
		["{{- $labels.server -}}", "{{- $labels.server -}}", "server"],
		['{{ index $labels "server" }}', '{{ index $labels "server" }}', "server"],
		["{{ $value | humanize }}", "{{ $value | humanize }}", "value"],
		["{$labels.server}", "{$labels.server}", "server"],
		["{ server } is down", "{ server }", "server"],
		["$labels.server is down", "$labels.server", "server"],
		["at $value", "$value", "value"],
	])("%s names the placeholder that it means", (text, part, name) => {
		expect(found(text)).toEqual([[part, name]])
	})

	it.each(['{{ query "up" }}', "{{ if gt $value 1.0 }}", "{{ end }}", "{{ . }}", '{{ template "x" . }}'])(
		"%s is a template",
		(text) => {
			expect(found(text)).toEqual([[text, undefined]])
		},
	)

	it.each([
		"{server} fails {value}",
		"Braces {{ like these }} remain",
		"costs $5 for {server}",
		"{ other } and {}",
		"{{",
		"$5",
	])("%s is as it should be", (text) => {
		expect(found(text)).toEqual([])
	})

	it("says where each is, in reading order", () => {
		const text = "a $value {{server}} {.server}"
		expect(misspelt(text, KNOWN).map(({ span }) => text.slice(span.start, span.end))).toEqual([
			"$value",
			"{{server}}",
			"{.server}",
		])
	})

	it("takes a name in doubled braces for text", () => {
		expect(pieces("{{server}} {server}")).toEqual([{ literal: "{{server}} " }, { name: "server" }])
	})
})
