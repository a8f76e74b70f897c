import { describe, expect, it } from "vitest"
import { sendFromJavaScript } from "../senders/javascript.ts"
import { differencesOf } from "../senders/receive.ts"
import { WAYS } from "../senders/scenario.ts"

describe("OpenTelemetry's JavaScript SDK with the GenAI conventions", () => {
	it.each(WAYS)("is counted to the unit: $protocol, $temporality, $signals", async (way) => {
		expect(await differencesOf(way, sendFromJavaScript)).toEqual([])
	})
})
