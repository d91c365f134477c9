export const CODE_LENGTH = 6;

/** The digits of what was typed or pasted, full-width ones too, at most six. */
export function digitsOf(text: string): string {
  const plain = text.normalize('NFKC').replace(/\D/g, '');
  return plain.slice(0, CODE_LENGTH);
}

/** The code of `?code=`, when it is a whole one. */
export function codeOf(search: string): string | null {
  const code = digitsOf(new URLSearchParams(search).get('code') ?? '');
  return code.length === CODE_LENGTH ? code : null;
}
