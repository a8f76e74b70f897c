/** How the supervisor gives an MCP server's token to the preload; the server itself never sees it. */
export const TOKEN_VARIABLE = "DEMO_MCP_TOKEN"
