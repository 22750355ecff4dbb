import type { TranslatedArea } from "../area.js";
import type { page as english } from "../en/page.js";

export const page: TranslatedArea<typeof english> = {
  separator: "，",
  titleOf: "{view} · Nightlight",
  skip: "跳到开发板列表",
  incomplete: "页面未能完整加载。请在服务器运行时重新加载。",
  connecting: "正在连接",
  live: "已连接",
  connectionLost: "连接于 {time} 断开，正在重新连接",
  views: "视图",
  boards: "开发板",
  zones: "区域",
  people: "用户",
  addBoard: "添加开发板",
  addresses: "MQTT 地址",
  language: "语言",
  lightTheme: "浅色主题",
  darkTheme: "深色主题",
  help: "帮助",
  logOut: "退出登录",
  logOutFailed: "退出登录失败，您仍处于登录状态。{problem}",
  readOnly: "{name} 只有查看权限。",
  cancel: "取消",
  allBoards: "← 所有开发板",
  unknownBoard: "没有开发板 {id}。它发送第一个读数后会显示在这里。",

  boardCount: { other: "{count} 块开发板" },
  offlineCount: { other: "{count} 块离线" },
  lampsOnCount: { other: "{count} 盏灯亮着" },
  lampsSwitched: { other: "{count} 盏灯已切换：{on} 盏打开，{off} 盏关闭" },
  lampSwitched: "{board}：{lamp}",

  unreachable: "无法连接服务器，它还在运行吗？",
  httpStatus: "服务器返回了 {status}。",
  noEvents: "没有收到实时事件。此页面与服务器之间的代理可能缓存了它们。",

  contested: "被重复使用的客户端 ID",
  contestedByTwo: "两个客户端使用了同一个客户端 ID“{id}”。",
  contestedBySeveral: "多个客户端使用了同一个客户端 ID“{id}”。",
  contestedByTwoOfAccount: "两个客户端使用了账户 {account} 的同一个客户端 ID“{id}”。",
  contestedBySeveralOfAccount: "多个客户端使用了账户 {account} 的同一个客户端 ID“{id}”。",
  contestedDetail: { other: "它们的连接互相中断：最近一分钟 {count} 次。请为其中一个换用别的客户端 ID。" },
  contestedDetailFrom: {
    other: "它们的连接互相中断：最近一分钟 {count} 次，来自 {addresses}。请为其中一个换用别的客户端 ID。",
  },
  moreContested: { other: "还有 {count} 个客户端 ID。" },
};
