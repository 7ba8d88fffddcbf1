// Prints tokens as another library makes them: {"keys": a JWKS, "tokens": {algorithm: token},
// "confused": one that is signed with the text of a public key}. Argument: the user.
import {createHash} from "node:crypto";
import {CompactSign, exportJWK, exportSPKI, generateKeyPair, SignJWT} from "jose";

const user = process.argv[2];
const names = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];
const out = {keys: {keys: []}, tokens: {}};
const claims = () => new SignJWT({groups: ["groupA"]}).setSubject(user).setIssuedAt().setExpirationTime("1h");

for (const alg of names) {
	const {publicKey, privateKey} = await generateKeyPair(alg, {extractable: true});
	const kid = createHash("sha256").update(alg).digest("base64url");
	out.keys.keys.push({...await exportJWK(publicKey), kid, alg, use: "sig"});
	out.tokens[alg] = await claims().setProtectedHeader({alg, kid, typ: "JWT"}).sign(privateKey);
	if (alg === "RS256") {
		const secret = new TextEncoder().encode(await exportSPKI(publicKey));
		out.confused = await claims().setProtectedHeader({alg: "HS256", kid}).sign(secret);
		const payload = new TextEncoder().encode(JSON.stringify({sub: user, exp: Date.now() / 1000 + 3600}));
		out.critical = await new CompactSign(payload).setProtectedHeader({alg, kid, b64: true, crit: ["b64"]}).sign(privateKey);
	}
}
console.log(JSON.stringify(out));
