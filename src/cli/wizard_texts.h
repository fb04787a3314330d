/*
 * wizard_texts: a table of wizard_words: what is asked and said.  Identifier,
 * English, Chinese.
 */
#ifndef CLI_WIZARD_TEXTS_H
#define CLI_WIZARD_TEXTS_H

/* clang-format off */
#define WIZARD_TEXTS(X) \
	X(GREETING, \
	    "This sets up the account that mail from this machine goes out " \
	    "through. Enter takes what stands in brackets. Nothing is " \
	    "written before the account was tested.", \
	    "下面设置本机发信所用的邮箱账户。直接按回车即采用方括号中的值。" \
	    "账户测试之前不会写入任何文件。") \
	X(SHADOWED, \
	    "{1} is there and comes first: set OUTPOST_CONFIG={2} for mail " \
	    "that is to go by the new file.", \
	    "{1} 已存在且优先：要使用新文件，请设置环境变量 " \
	    "OUTPOST_CONFIG={2}。") \
	X(REPLACE, \
	    "{1} is there already. Replace it, and keep the old one as " \
	    "{1}.bak? (y/n)", \
	    "{1} 已存在。要替换吗？旧文件会保留为 {1}.bak。(y/n)") \
	X(ASK_ADDRESS, "Mail address of the account", "邮箱地址") \
	X(PROVIDER, "Provider: {1}", "邮箱服务商：{1}") \
	X(SERVER, "Mail server: {1}", "邮件服务器：{1}") \
	X(UNKNOWN_DOMAIN, \
	    "{1} is no provider's own domain. Name the provider that the " \
	    "mailbox is at, or the mail server for outgoing mail (SMTP) that " \
	    "its help pages give. The providers known by name: {2}.", \
	    "{1} 不是已知服务商自己的域名。请填写邮箱所在的服务商，或其帮助" \
	    "页给出的发信服务器（SMTP）。已知的服务商：{2}。") \
	X(ASK_SERVER, "Provider, or mail server", "服务商，或发信服务器") \
	X(ASK_HOST, "Mail server", "发信服务器") \
	X(ASK_PORT, "Port", "端口") \
	X(TLS_IMPLICIT, \
	    "Port {1}: TLS from the start (tls = implicit). For port 587 " \
	    "that would be STARTTLS.", \
	    "端口 {1}：一开始就使用 TLS（tls = implicit）；若为 587，则用 " \
	    "STARTTLS。") \
	X(TLS_STARTTLS, \
	    "Port {1}: TLS after STARTTLS (tls = starttls). For port 465 " \
	    "that would be TLS from the start.", \
	    "端口 {1}：用 STARTTLS 开始 TLS（tls = starttls）；若为 465，则一" \
	    "开始就使用 TLS。") \
	X(USER, "The user name to log in with: {1}.", "登录用户名：{1}。") \
	X(ASK_USER, "User name to log in with", "登录用户名") \
	X(CODE, \
	    "Most providers do not take the password of the web mail here, " \
	    "but an authorisation code or app password that is made in its " \
	    "settings, where SMTP is switched on, too.", \
	    "多数服务商在这里不接受网页登录密码，而要用在网页邮箱设置中生成的" \
	    "授权码或应用专用密码；SMTP 服务也在那里开启。") \
	X(CODE_KNOWN, "What it takes is {1}", "这里要用 {1}") \
	X(ASK_CODE, "Authorisation code or app password (it is not shown)", \
	    "授权码或应用专用密码（输入不显示）") \
	X(BLANKS_REMOVED, \
	    "The blanks in it were left out: they are only there to be " \
	    "read more easily.", \
	    "其中的空格已去掉：它们只是为了便于阅读。") \
	X(TOKENS, \
	    "{1} takes no password from programs any more, but tokens " \
	    "(OAuth 2.0): you log in with a browser, once, when this is " \
	    "done.", \
	    "{1} 已不接受程序用密码登录，只接受令牌（OAuth 2.0）：本设置完成后，" \
	    "需要在浏览器中登录一次。") \
	X(LOCAL, \
	    "Mail for root and other local users (from cron, for instance) " \
	    "needs a real address to go to.", \
	    "发给 root 等本机用户的邮件（例如 cron 的）需要一个真实的收件地址。") \
	X(ASK_LOCAL, "Mail for local users goes to", "本机用户的邮件转发到") \
	X(TESTING, "Testing the account:", "正在测试账户：") \
	X(ASK_AGAIN, \
	    "Enter the code (a)gain, (w)rite the files anyway, or (s)top? " \
	    "(a/w/s)", \
	    "重新输入授权码 (a)，仍然写入 (w)，还是停止 (s)？(a/w/s)") \
	X(ASK_ANYWAY, "(W)rite the files anyway, or (s)top? (w/s)", \
	    "仍然写入 (w)，还是停止 (s)？(w/s)") \
	X(STOPPED, "Stopped; nothing was written.", "已停止，没有写入任何文件。") \
	X(UNCHANGED, "{1}: unchanged", "{1}：没有变化") \
	X(WRITTEN, "{1}: written ({2})", "{1}：已写入（{2}）") \
	X(KEPT, "{1}: the old one is kept as {2}", "{1}：旧文件保留为 {2}") \
	X(ASK_MAIL, "Address for a test mail, - for none", \
	    "测试邮件的收件地址，- 表示不发") \
	X(NOT_REPLACED, "Nothing was changed.", "没有作任何改动。") \
	X(NO_USER, \
	    "There is no user \"outpost\" to run the queue, so that only " \
	    "root can read the password. Where mail is to be kept and sent " \
	    "later, make the user as outpost(8) says, and run this again.", \
	    "没有运行队列的用户“outpost”，所以只有 root 能读取密码。如果邮件" \
	    "需要保留待发，请按 outpost(8) 建立该用户，再运行一次本命令。") \
	X(LOGIN, "Now log in:", "现在请登录：") \
	X(OWN_QUEUE, \
	    "Mail that cannot be sent at once waits in {1}, and goes along " \
	    "with the next one. To have it sent sooner, put this into your " \
	    "crontab:", \
	    "不能立即发出的邮件在 {1} 中等待，随下一封邮件一起发出。要更早发出，" \
	    "请在 crontab 中加入：") \
	X(CRONTAB, "    */5 * * * * {1}", "    */5 * * * * {1}") \
	X(COMMAND, "    {1}", "    {1}") \
	X(FINISHED, "Done. All of it can be tested again at any time:", \
	    "完成。随时可以重新检查：")
/* clang-format on */

#endif
