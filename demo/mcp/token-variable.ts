/** The variable in which the supervisor passes an MCP server's token to the preload; the server never sees it. */
export const TOKEN_VARIABLE = "DEMO_MCP_TOKEN"
