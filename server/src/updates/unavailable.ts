/** Reasons why a server cannot update boards, as sentences. */

/** Each server would update the boards. */
export const SHARED_BOARDS_PROBLEM =
  "Several servers share these boards (state), which does not support updates over the air; flash boards by cable.";

export const NO_HTTP_PROBLEM =
  "Boards cannot be updated over the air, because the server has no HTTP port (http: false), to which they would connect; flash boards by cable.";
