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

  firstTitle: "创建第一个管理员",
  firstExplanation:
    "还没有人拥有账户。服务器启动时会在日志中显示一次性代码：在运行服务器的终端、{journal} 或 {container} 中。",
  code: "日志中的一次性代码",
  firstPassword: "密码，至少 8 个字符",
  create: "创建并登录",
  everybodyMustLogIn: "此后所有人都必须登录，开发板也一样。",
  withoutAccount: "不使用账户，继续",

  endedIdle: "你已被登出，因为 12 小时未使用此页面。",
  endedLifetime: "你已被登出，因为登录已满 7 天。",
  endedPassword: "你已被登出，因为你的密码已更改。",
  endedRole: "你已被登出，因为你的角色已更改。",
  endedRemoved: "你已被登出，因为你的账户已被删除。",
  endedAdministrator: "管理员已将你登出。",
  endedDisplaced: "你已在此处被登出，因为你在太多其他浏览器中登录。",
  endedUnknown: "你已被登出，因为此服务器不认识你的会话。它的数据可能已被替换。",
  endedHere: "你已登出。",
  endedElsewhere: "你已在此浏览器的另一个标签页中登出。",
};
