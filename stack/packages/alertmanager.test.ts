import { describe, expect, it } from "vitest"
import { relocate } from "./alertmanager.ts"

describe("Debian's Alertmanager, unpacked instead of installed,", () => {
	it("finds its templates in its working folder, at every place, with no byte moved", () => {
		const before = Buffer.from("ELF…/usr/share/prometheus/alertmanager0123/usr/share/prometheus/alertmanager/ui/…")
		const relative = `.${"/".repeat(21)}alertmanager`
		const after = relocate(before)
		expect(after.length).toBe(before.length)
		expect(after.toString()).toBe(`ELF…${relative}0123${relative}/ui/…`)
	})

	it("stays unchanged when it names no such folder", () => {
		const other = Buffer.from("another build")
		expect(relocate(other)).toEqual(other)
	})
})
