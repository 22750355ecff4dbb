import type { TranslatedArea } from "../area.js";
import type { flashingProblems as english } from "../en/flashing-problems.js";

export const flashingProblems: TranslatedArea<typeof english> = {
  portLost: "开发板离开了 USB 端口：数据线松动，或开发板被复位。",
  portBusy: "无法打开端口：其他程序或标签页正在使用，或当前用户没有权限。",
  portAccess: "当前用户没有打开该端口的权限。",
  portClosed: "无法打开端口（{reason}）。",
  chipSilent: "芯片没有响应。",
  chipRuns: "芯片没有进入引导程序，而是在运行原有程序。",
  chipReceivesNothing: "芯片已进入引导程序，但收不到来自这台电脑的数据。",
  flashDiffers: "开发板闪存中的数据与发送的数据不一致（{reason}）。",
  flashDefective: "芯片无法写入闪存（{reason}）。",
  transferInterrupted: "向开发板的传输中断（{reason}）。",
  noRuntime: "该开发板的响应不像装有 DeviceScript 运行时的开发板。",
  notAccepted: "开发板没有接受程序或某项设置（{reason}）。",
  noScan: "开发板没有发送它看到的网络。",
  notStarted: "开发板上的程序没有启动。",
  crashed: "开发板上的程序崩溃：{reason}",
  wifiUnseen: "开发板看不到网络“{network}”。",
  wifiRefused: "开发板无法加入网络“{network}”。",
  brokerRejects: "{broker} 上的服务器拒绝了开发板的账户。",
  brokerUnknown: "开发板所在的网络中没有名为 {host} 的电脑。",
  brokerUnreachable: "开发板已加入 Wi-Fi 网络，但无法连接 {broker} 上的服务器（{reason}）。",
  notConnected: "开发板没有报告能否连接 {broker} 上的服务器。",
  certificate: "开发板不信任服务器的证书（{reason}）。",
};
