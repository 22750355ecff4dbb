import type { TranslatedArea } from "../area.js";
import type { alerts as english } from "../en/alerts.js";

export const alerts: TranslatedArea<typeof english> = {
  open: "未解决",
  noneOpen: "一切正常。",
  resolved: "已解决",
  noneResolved: "还没有已解决的警报。",
  since: "自 {time} 起",
  fromTo: "{from} 至 {to}（{duration}）",

  boardOffline: "{board} 离线",
  zoneWithoutSensor: "区域 {zone} 没有有效的传感器",
  boardLost: { other: "{board} 丢失了 {count} 个读数" },
  historyLost: "历史记录丢失了读数",
  storageFailing: "无法保存数据",
  brokerDisconnected: "与代理的连接已断开",
  rolloutStopped: "全部开发板的更新已停止",

  refusals: "已拒绝",
  noRefusals: "服务器启动以来没有拒绝任何消息。",
  refusedOn: "{sender}：{topic}",
  refusedTimes: { other: "{count} 次，最近一次 {time}" },
  notAllowedAdvice:
    "账户 {account} 没有此权限。如果需要，请在“用户”中更改其角色。Home Assistant 需要 Home Assistant 角色。",
  badLoginAdvice: "请检查客户端中的用户名和密码。可在“用户”中设置新密码。没有账户的开发板可在“添加开发板”中获得账户。",
  badMessageAdvice: "请修正发送此消息的程序。文档中的契约描述了每条消息。",
  unknownDeviceAdvice: "请检查主题中的开发板 id。服务器在收到开发板的第一个读数后才认识它。",
  limitAdvice: "请让客户端减少发送，或在配置文件中提高限制。",

  messages: "消息",
  ntfy: "ntfy",
  webhook: "Webhook",
  delivered: { other: "已送达 {count} 条消息" },
  waiting: { other: "{count} 个警报等待发送" },
  test: "发送测试消息",
  testing: "正在发送……",
  tested: "测试消息已送达。",
  nowhere: "目前警报只显示在此页面上。服务器也可以把警报发送到手机或其他程序。",
  howNtfy:
    "要发送到手机，请安装应用 {link}，在下方生成一个主题，并在应用中订阅它。对于 Home Assistant 和其他程序，请填写 webhook 的 URL。",

  ntfyTopic: "ntfy 主题",
  ntfyTopicHelp: "主题的 URL。知道主题的人都能看到警报。",
  webhookUrl: "Webhook",
  webhookUrlHelp: "以 POST 方式接收 JSON 警报的 URL。",
  after: "多久后发出警报",
  afterHelp: "问题必须持续的时间。",
  page: "此页面的地址",
  pageHelp: "用于消息中的链接，例如 https://lights.example.org。",
  propose: "生成主题",
  subscribe: "请在 ntfy 应用中订阅此主题。离开此视图后，页面不会再显示它。",
};
