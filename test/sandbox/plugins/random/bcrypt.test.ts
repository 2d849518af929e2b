import assert from "node:assert/strict";
import test from "node:test";
import { bcrypt } from "../../../../sandbox/plugins/random/bcrypt";
import { fractionOfPi } from "../../../../sandbox/plugins/random/pi";

const ALPHABET = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

function saltOf(text: string): Buffer {
  const bits = [...text].map((c) => ALPHABET.indexOf(c).toString(2).padStart(6, "0")).join("");
  return Buffer.from((bits.slice(0, 128).match(/.{8}/g) ?? []).map((b) => parseInt(b, 2)));
}

// Vectors of crypt_blowfish, http://www.openwall.com/crypt/.
const VECTORS: [string, string][] = [
  ["U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"],
  ["U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"],
  ["U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"],
  ["", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"],
];

for (const [password, hash] of VECTORS) {
  test(`"${password}" hashes as everywhere else`, () => {
    assert.equal(bcrypt(password, saltOf(hash.slice(7, 29)), 5), hash);
  });
}

test("pi begins as Blowfish's tables do", () => {
  const words = [...fractionOfPi(1042)].map((word) => word.toString(16));
  assert.deepEqual(words.slice(0, 3), ["243f6a88", "85a308d3", "13198a2e"]);
  assert.equal(words.at(-1), "3ac372e6");
});
