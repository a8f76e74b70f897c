import express from "express"
import { describe, expect, it } from "vitest"
import { ObservatoryError } from "./errors.ts"
import { errorHandler, listen, listenBeside } from "./http.ts"
import { silentLogger } from "./log.ts"

const loopback = { host: "127.0.0.1", port: 0 }

describe("listen", () => {
	it("names a port in use and the variable that changes it", async () => {
		const first = await listen(express(), loopback, "X_LISTEN")
		const second = listen(express(), { host: "127.0.0.1", port: first.port }, "X_LISTEN")
		await expect(second).rejects.toMatchObject({ code: "port_taken", advice: expect.stringContaining("X_LISTEN=") })
		if (process.platform === "linux") await expect(second).rejects.toThrow(` (process ${process.pid})`)
		await first.close()
	})

	it("lets no other program answer at the second loopback address of a name", async () => {
		const first = await listen(express(), loopback, "X_LISTEN")
		const beside = () => listenBeside(express(), loopback, first.port, {})
		const twin = await beside()
		expect(twin?.url).toBe(`http://[::1]:${first.port}`)
		await expect(beside()).rejects.toMatchObject({ code: "port_taken" })
		expect(await listenBeside(express(), { host: "0.0.0.0", port: 0 }, first.port, {})).toBeUndefined()
		await Promise.all([first.close(), twin?.close()])
	})
})

describe("errorHandler", () => {
	async function answer(error: unknown) {
		const app = express()
		app.get("/", () => {
			throw error
		})
		app.use(errorHandler(silentLogger))
		const server = await listen(app, loopback, "X_LISTEN")
		const response = await fetch(server.url)
		const body = await response.json()
		await server.close()
		return { status: response.status, body }
	}

	it("turns a known error into its status, code and advice", async () => {
		const error = new ObservatoryError("conflict", "already done", { advice: "Read it again." })
		expect(await answer(error)).toEqual({
			status: 409,
			body: { error: { code: "conflict", message: "already done", advice: "Read it again." } },
		})
	})

	it("does not reveal an unknown error", async () => {
		const { status, body } = await answer(new Error("password=hunter2"))
		expect(status).toBe(500)
		expect(JSON.stringify(body)).not.toContain("hunter2")
	})
})
