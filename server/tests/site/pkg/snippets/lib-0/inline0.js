export const snippet = 1;
