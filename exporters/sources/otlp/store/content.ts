/**
 * Attributes that carry what people and models write, or what tools are given and return: of Claude Code, the GenAI
 * conventions, OpenInference, OpenLLMetry, the Vercel AI SDK and MCP.
 */
const CONTENT = new RegExp(
	`^(${[
		"prompt",
		"response",
		"completion",
		"tool_(input|parameters|output|result)",
		"(tool|mcp|rpc)\\.(request|response|input|output|arguments?|parameters|params|result|content)",
		"(bash|full)_command",
		"gen_ai\\.(input|output)\\.messages",
		"gen_ai\\.(system_instructions|prompt|completion|tool\\.definitions)",
		"gen_ai\\.(prompt|completion|choice)\\..+",
		"gen_ai\\.tool\\.(call\\.)?(arguments|result|input|output|message)",
		"gen_ai\\.(user|system|assistant|tool)\\.message",
		"mcp\\.(tool|prompt|resource|request)\\.(arguments?|params|result|content)",
		"(input|output)\\.value",
		"llm\\.(input_messages|output_messages|prompts|prompt_template|invocation_parameters)(\\..+)?",
		"traceloop\\.entity\\.(input|output)",
		"ai\\.(prompt|response\\.(text|object|toolCalls|reasoning)|toolCall\\.(args|result))(\\..+)?",
		"message\\.content",
		"document\\.content",
	].join("|")})$`,
)

/** Whether an attribute is content, which is stored only where `TELEMETRY_STORE_CONTENT` says so. */
export const isContent = (key: string): boolean => CONTENT.test(key)

/** Whether the body of a log record of this name is content: messages of the GenAI conventions are. */
export const hasContentBody = (event: string): boolean => event.startsWith("gen_ai.")
