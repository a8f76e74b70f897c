import { defineConfig } from "vitest/config"
import { LongestFirst } from "./test/support/longest-first.ts"

export default defineConfig({
	test: {
		sequence: { sequencer: LongestFirst },
		projects: [
			{
				test: {
					name: "unit",
					sequence: { groupOrder: 0 },
					// Property tests on a busy machine.
					testTimeout: 120_000,
					hookTimeout: 120_000,
					maxWorkers: 2,
					// They share no state; a process for each file takes twice the processor time.
					isolate: false,
					include: [
						"{core,exporters,alert-webhook,grafana,prometheus,alertmanager,stack,demo}/**/*.test.ts",
						"test/unit/**/*.test.ts",
					],
				},
			},
			{
				test: {
					name: "integration",
					sequence: { groupOrder: 1 },
					include: ["test/{integration,browser,golden}/**/*.test.ts"],
					globalSetup: ["test/support/global-setup.ts"],
					// Several times what the longest takes on an idle machine: two cores may be shared with other work.
					testTimeout: 600_000,
					hookTimeout: 600_000,
					// They wait for servers most of the time: two cores are enough for four.
					maxWorkers: 4,
				},
			},
		],
	},
})
