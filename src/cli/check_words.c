#include "config.h"

#include <string.h>

#include "base/text.h"
#include "cli/check_words.h"

#define TEXT_MAX 2048 /* bytes of one that is put in */

static const struct {
	const char *in[2]; /* by enum language */
} words[CHECK_WORD_COUNT] = {
	[CHECK_SAYS_TEXT] = { { "{}", "{}" } },
	[CHECK_SAYS_ACCOUNT] = { { "[smarthost{}]: {}, port {}",
	    "[smarthost{}]：{}，端口 {}" } },
	[CHECK_SAYS_NO_ACCOUNT] = { { "there is no [smarthost {}]",
	    "没有 [smarthost {}]" } },
	[CHECK_SAYS_BLANKS] = { { "the password begins or ends with a blank",
	    "密码的首尾有空格" } },
	[CHECK_DO_BLANKS] = { { "If the blank is not part of the password, "
				"take it away.",
	    "若空格不是密码的一部分，请删除。" } },
	[CHECK_SAYS_DENIED] = { { "mail of this user goes through the drop "
				  "folder in {}, and a run of the queue sends "
				  "it",
	    "此用户的邮件经 {} 中的投递目录交给队列发送" } },
	[CHECK_DO_CONF] = { { "Run `outpost setup` as root.",
	    "请以 root 身份运行 outpost setup。" } },
	[CHECK_SAYS_MODE] = { { "{}: {}:{} {}", "{}：{}:{} {}" } },
	[CHECK_SAYS_UNREADABLE] = { { "{} is not for the user {} to read, who "
				      "sends what waits in the queue",
	    "{} 不能被用户 {} 读取，而队列由此用户发送" } },
	[CHECK_DO_READABLE] = { { "Run: chgrp {} {} && chmod g+r {}",
	    "请运行：chgrp {} {} && chmod g+r {}" } },
	[CHECK_DO_WAY] = { { "A folder on the way to it is closed to {}: run "
			     "namei -l {}, or keep the file in /etc.",
	    "途中有目录对 {} 关闭：请用 namei -l {} 查看，或把文件放到 "
	    "/etc。" } },
	[CHECK_SAYS_OWNER] = { { "{} belongs to {}, not to {}",
	    "{} 属于 {}，而不是 {}" } },
	[CHECK_DO_OWNER] = { { "Run: chown {}:{} {}",
	    "请运行：chown {}:{} {}" } },
	[CHECK_DO_OWN_QUEUE] = { { "Set `directory` in [queue] to a folder of "
				   "this user, or to nothing.",
	    "请在 [queue] 中把 directory 设为此用户自己的目录，或留空。" } },
	[CHECK_SAYS_GROUP] = { { "{} is of the group {}, not {}",
	    "{} 的组是 {}，而不是 {}" } },
	[CHECK_SAYS_BAD_MODE] = { { "{} has the mode {}, not {}",
	    "{} 的权限是 {}，而不是 {}" } },
	[CHECK_DO_MODE] = { { "Run: chmod {} {}", "请运行：chmod {} {}" } },
	[CHECK_SAYS_NO_FOLDER] = { { "{} is missing", "{} 不存在" } },
	[CHECK_DO_FOLDER] = { { "Run as root: install -d -o {} -g {} -m {} {}",
	    "请以 root 身份运行：install -d -o {} -g {} -m {} {}" } },
	[CHECK_SAYS_NO_SPOOL] = { { "{} is not there yet: the first mail that "
				    "is kept makes it",
	    "{} 尚不存在：保存第一封邮件时会创建" } },
	[CHECK_SAYS_DROP] = { { "users who may not read the configuration "
				"leave their mail in {}",
	    "不能读取配置的用户经 {} 发信" } },
	[CHECK_SAYS_NO_DROP] = { { "there is no drop folder {}: this user "
				   "cannot send",
	    "没有投递目录 {}：此用户不能发信" } },
	[CHECK_SAYS_NO_USER] = { { "there is no user {}: root sends as root, "
				   "and others cannot send",
	    "没有用户 {}：root 以自己的身份发信，其他用户不能发信" } },
	[CHECK_SAYS_OURS] = { { "{} is this program", "{} 是本程序" } },
	[CHECK_SAYS_NO_LINK] = { { "{} is missing", "{} 不存在" } },
	[CHECK_SAYS_FOREIGN] = { { "{} is another program: {}",
	    "{} 是另一个程序：{}" } },
	[CHECK_DO_LINK] = { { "Run: ln -s {} {}", "请运行：ln -s {} {}" } },
	[CHECK_DO_FOREIGN] = { { "Remove the other mail program, or run: "
				 "ln -sf {} {}",
	    "请卸载另一个邮件程序，或运行：ln -sf {} {}" } },
	[CHECK_SAYS_NO_QUEUE] = { { "no queue is kept: mail that cannot be "
				    "sent at once fails",
	    "没有队列：不能立即发出的邮件会失败" } },
	[CHECK_SAYS_NO_LOOK] = { { "the queue is for root and {} to look at",
	    "只有 root 和 {} 能查看队列" } },
	[CHECK_SAYS_COUNT] = { { "mails that wait: {}",
	    "等待发送的邮件：{}" } },
	[CHECK_SAYS_FAILED] = { { "mails that failed: {} (outpost queue list "
				  "--failed)",
	    "失败的邮件：{}（outpost queue list --failed）" } },
	[CHECK_SAYS_RUN] = { { "last run {} ago", "上次运行于 {} 前" } },
	[CHECK_SAYS_NEVER] = { { "the queue was never run: what waits is not "
				 "sent",
	    "队列从未运行：等待的邮件不会发出" } },
	[CHECK_DO_RUN] = { { "Run: {}", "请运行：{}" } },
	[CHECK_SAYS_PAUSED] = { { "paused until {}: {}", "暂停至 {}：{}" } },
	[CHECK_DO_PAUSED] = { { "Once the cause is gone, run: outpost queue "
				"retry --all",
	    "原因排除后请运行：outpost queue retry --all" } },
	[CHECK_SAYS_FOUND] = { { "{}: {}", "{}：{}" } },
	[CHECK_SAYS_CONNECTED] = { { "connected to {}", "已连接 {}" } },
	[CHECK_DO_PORT_25] = { { "Nothing answers on port 25: most clouds "
				 "block it. Use `port = 465`.",
	    "25 端口没有回应：云主机通常封此端口。请用 port = 465。" } },
	[CHECK_SAYS_CLEAR] = { { "no TLS (tls = off): all goes in clear",
	    "未用 TLS（tls = off）：内容以明文传输" } },
	[CHECK_SAYS_CLEAR_AFAR] = { { "no TLS (tls = off): mail and password "
				      "go "
				      "over the network in clear",
	    "未用 TLS（tls = off）：邮件和密码以明文经过网络" } },
	[CHECK_DO_CLEAR] = { { "Set `tls = implicit` with `port = 465`.",
	    "请设 tls = implicit 和 port = 465。" } },
	[CHECK_SAYS_CERTIFICATE] = { { "certificate for {}, by {}",
	    "证书属于 {}，由 {} 签发" } },
	[CHECK_SAYS_DATES] = { { "valid from {} to {}", "有效期 {} 至 {}" } },
	[CHECK_SAYS_ENDS] = { { "the certificate ends in {}",
	    "证书将在 {} 后过期" } },
	[CHECK_DO_ENDS] = { { "The server's owner must renew it: after that no "
			      "mail is sent.",
	    "需由服务器一方更新证书：过期后邮件将无法发出。" } },
	[CHECK_SAYS_PIN] = { { "its key: {}", "其密钥：{}" } },
	[CHECK_DO_CLOCK] = { { "This machine's clock says {}, but {} is of "
			       "{}: set the clock (timedatectl set-ntp true).",
	    "本机时钟是 {}，而 {} 的日期是 {}：请校准时钟（timedatectl "
	    "set-ntp true）。" } },
	[CHECK_SAYS_OFFERS] = { { "offers {}", "提供 {}" } },
	[CHECK_SAYS_NO_EHLO] = { { "the server knows no EHLO, only HELO",
	    "服务器不支持 EHLO，只支持 HELO" } },
	[CHECK_SAYS_AUTH] = { { "{} as {}", "{}，用户 {}" } },
	[CHECK_SAYS_NO_AUTH] = { { "nobody is to log in", "无需登录" } },
	[CHECK_SAYS_SENDER] = { { "may send as <{}>", "可以 <{}> 发信" } },
	[CHECK_SAYS_TAKEN] = { { "<{}> is taken", "接受 <{}>" } },
	[CHECK_SAYS_SENT] = { { "sent to <{}>: {}", "已发给 <{}>：{}" } },
	[CHECK_SAYS_NOBODY] = { { "the account has no address of its own",
	    "此账户没有自己的地址" } },
	[CHECK_DO_TO] = { { "Say to whom: --to ADDRESS",
	    "请指定收件人：--to 地址" } },
	[CHECK_MAIL_SUBJECT] = { { "Test mail from {}",
	    "来自 {} 的测试邮件" } },
	[CHECK_MAIL_BODY] = { { "This is a test mail of outpost on {}.",
	    "这是 {} 上的 outpost 发出的测试邮件。" } },
	[CHECK_ENDS_WELL] = { { "All is well.", "一切正常。" } },
	[CHECK_ENDS_WITH_WARNINGS] = { { "Nothing failed; see the warnings.",
	    "没有失败，但请留意警告。" } },
	[CHECK_ENDS_BADLY] = { { "See what failed.", "请处理失败的项目。" } },
};

const char *
check_words(enum check_word word, enum language language)
{
	return words[word].in[language];
}

void
check_words_put(struct buf *out, enum check_word word, enum language language,
    va_list texts)
{
	const char *p = words[word].in[language], *place, *text;
	char shown[TEXT_MAX];

	for (; (place = strstr(p, "{}")) != NULL; p = place + 2) {
		buf_add(out, p, (size_t)(place - p));
		if ((text = va_arg(texts, const char *)) == NULL)
			break;
		buf_puts(
		    out, text_escape(shown, sizeof shown, text, strlen(text)));
	}
	buf_puts(out, p);
}
