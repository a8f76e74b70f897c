import { describe, expect, it } from "vitest"
import { transcriptFolders } from "./collector.ts"

describe("transcriptFolders", () => {
	it("names none without a setting, so that no transcripts are read unasked", () => {
		expect(transcriptFolders(undefined, { HOME: "/home/dev" })).toEqual([])
	})

	it("names Claude Code's own folders when asked to find them", () => {
		expect(transcriptFolders("auto", { HOME: "/home/dev" })).toEqual([
			"/home/dev/.claude/projects",
			"/home/dev/.config/claude/projects",
		])
		expect(transcriptFolders("auto", { HOME: "/home/dev", CLAUDE_CONFIG_DIR: "/srv/a, /srv/b" })).toEqual([
			"/srv/a/projects",
			"/srv/b/projects",
		])
	})

	it("names the folders that are listed", () => {
		expect(transcriptFolders("/a/projects,/b", {})).toEqual(["/a/projects", "/b"])
	})
})
