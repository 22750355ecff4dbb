import type { TranslatedArea } from "../area.js";
import type { login as english } from "../en/login.js";

export const login: TranslatedArea<typeof english> = {
  title: "登录 · Nightlight",
  name: "用户名",
  password: "密码",
  submit: "登录",
  unencrypted:
    "此连接未加密。同一网络中的任何人都能读取密码。要使用 HTTPS，请用证书及其密钥启动服务器：{certificate} 和 {key}。",
  needsScript: "登录需要 JavaScript。请在浏览器中启用它。",
  noAccount: "还没有账户？",
  createAccount: "请在运行服务器的机器上创建：",
  readers: "使用 {reader} 时，账户只有查看权限。要替换忘记的密码，请运行 {command}。",
};
