using System.Reflection;

namespace Primitives.Tests;

/// <summary>The identifiers by which the compiler's XML documentation names types and members (C# specification,
/// annex D).</summary>
public static class DocumentationId
{
    public static string Of(Type type) => "T:" + TypeName(type);

    public static string Of(MemberInfo member)
    {
        string name = $"{TypeName(member.DeclaringType!)}.{member.Name.Replace('.', '#')}";
        return member switch
        {
            FieldInfo => "F:" + name,
            EventInfo => "E:" + name,
            PropertyInfo property => "P:" + name + Arguments(property.GetIndexParameters()),
            MethodInfo method => "M:" + name
                + (method.IsGenericMethod ? "``" + method.GetGenericArguments().Length : "")
                + Arguments(method.GetParameters())
                + (method.Name is "op_Implicit" or "op_Explicit" ? "~" + Reference(method.ReturnType) : ""),
            ConstructorInfo constructor => "M:" + name + Arguments(constructor.GetParameters()),
            _ => throw new ArgumentOutOfRangeException(nameof(member)),
        };
    }

    private static string Arguments(ParameterInfo[] parameters) =>
        parameters.Length == 0 ? "" : $"({string.Join(',', parameters.Select(parameter => Reference(parameter.ParameterType)))})";

    private static string TypeName(Type type) => (type.IsGenericType ? type.GetGenericTypeDefinition() : type).FullName!.Replace('+', '.');

    private static string Reference(Type type)
    {
        if (type.IsByRef)
        {
            return Reference(type.GetElementType()!) + "@";
        }

        if (type.IsArray)
        {
            return Reference(type.GetElementType()!) + "[]";
        }

        if (type.IsPointer)
        {
            return Reference(type.GetElementType()!) + "*";
        }

        if (type.IsGenericParameter)
        {
            return (type.DeclaringMethod is null ? "`" : "``") + type.GenericParameterPosition;
        }

        if (!type.IsGenericType)
        {
            return type.FullName!.Replace('+', '.');
        }

        // A nested type of a generic type carries its parent's arguments too; each level lists its own.
        Type[] arguments = type.GetGenericArguments();
        int used = 0;
        IEnumerable<string> parts = Levels(type.GetGenericTypeDefinition()).Select(level =>
        {
            int total = level.GetGenericArguments().Length;
            string plain = level.Name.Split('`')[0];
            string list = total > used ? $"{{{string.Join(',', arguments[used..total].Select(Reference))}}}" : "";
            used = total;
            return plain + list;
        });
        return $"{type.Namespace}.{string.Join('.', parts)}";
    }

    private static IEnumerable<Type> Levels(Type type) =>
        type.DeclaringType is { } parent ? Levels(parent).Append(type) : [type];
}
