/*
 * wizard_complaints: a table of wizard_words: what is wrong with an answer.
 * Identifier, English, Chinese.
 */
#ifndef CLI_WIZARD_COMPLAINTS_H
#define CLI_WIZARD_COMPLAINTS_H

/* clang-format off */
#define WIZARD_COMPLAINTS(X) \
	X(BAD_ADDRESS, \
	    "\"{1}\" is not a full mail address, as in someone@163.com.", \
	    "“{1}”不是完整的邮箱地址，例如 someone@163.com。") \
	X(BAD_SERVER, \
	    "\"{1}\" is neither the name of a provider nor that of a server, " \
	    "as in smtp.example.com or smtp.example.com:465.", \
	    "“{1}”既不是服务商的名字，也不是服务器的名字，例如 " \
	    "smtp.example.com 或 smtp.example.com:465。") \
	X(BAD_PROVIDER, \
	    "\"{1}\" is no provider that is known; there are {2}.", \
	    "没有名为“{1}”的服务商；已知的有：{2}。") \
	X(BAD_HOST, \
	    "\"{1}\" is not the name of a server, as in smtp.example.com or " \
	    "smtp.example.com:465.", \
	    "“{1}”不是服务器的名字，例如 smtp.example.com 或 " \
	    "smtp.example.com:465。") \
	X(HOST_KNOWN, "The provider that was named has a server of its own.", \
	    "指定的服务商已有自己的服务器。") \
	X(BAD_PORT, "\"{1}\" is no port, a number from 1 to 65535.", \
	    "“{1}”不是端口：应为 1 到 65535 的数。") \
	X(BAD_USER, "A user name has no control characters, and is not empty.", \
	    "用户名不能为空，也不能含控制字符。") \
	X(NO_CODE, "Nothing was entered.", "没有输入。") \
	X(LONG_CODE, "That is longer than {1} bytes, and no code.", \
	    "超过 {1} 字节，不可能是授权码。") \
	X(BAD_CODE, "That holds a control character, and is no code.", \
	    "含有控制字符，不可能是授权码。") \
	X(LONG_ANSWER, "That is too long for an answer.", "回答过长。") \
	X(BAD_CHOICE, "Answer with one of the letters in brackets.", \
	    "请输入括号中的字母之一。")
/* clang-format on */

#endif
